"""Lists of one's own packets, and that an index serves every page of every list."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from pswallet.payments import service as payments
from pswallet.redpackets import service as redpackets
from pswallet.redpackets.service import Mark
from tests.features.money import Town
from tests.parts import Person

LISTS = {
    "given": redpackets.packets_given,
    "invited": redpackets.packets_invited_to,
    "received": redpackets.packets_received,
}


def listed(town: Town, role: str, person: Person, before: Mark | None = None, limit: int = 10) -> redpackets.PacketPage:
    now = town.now
    return town.run(lambda session: LISTS[role](session, person.address, before=before, limit=limit, now=now))


def ids(page: redpackets.PacketPage) -> list[str]:
    return [packet.id for packet in page.packets]


def test_one_finds_what_one_gave_was_invited_to_and_received(town: Town) -> None:
    creator, an, bo = town.people("creator", "an", "bo")
    packet = town.give(creator, [an, bo], total=200)
    town.open(packet, an)
    town.settle()
    assert {role: ids(listed(town, role, creator)) for role in LISTS} == {
        "given": [packet],
        "invited": [],
        "received": [],
    }
    assert {role: ids(listed(town, role, an)) for role in LISTS} == {
        "given": [], "invited": [packet], "received": [packet],
    }  # fmt: skip
    assert {role: ids(listed(town, role, bo)) for role in LISTS} == {"given": [], "invited": [packet], "received": []}


def test_a_list_shows_each_packet_as_its_own_page_does(town: Town) -> None:
    creator, an, bo = town.people("creator", "an", "bo")
    first = town.give(creator, [an, bo], total=200)
    town.open(first, an)
    town.settle()
    late = town.give(creator, [an], total=7)
    lucky = town.give(creator, [an], total=66, lucky=True)
    town.open(lucky, an)
    town.settle()
    for role, reader in (("given", creator), ("invited", an), ("received", an)):
        page = listed(town, role, reader)
        assert page.packets == [town.packet(one, reader) for one in ids(page)]
    statuses = {one.id: one.status for one in listed(town, "given", creator).packets}
    assert statuses == {first: "open", late: "open", lucky: "exhausted"}


def test_packets_come_newest_first_page_by_page(town: Town) -> None:
    creator, an = town.people("creator", "an")
    given = []
    for total in range(1, 6):
        given.append(town.give(creator, [an], total=total))
        if total % 2:  # some stand at the same second: their ids decide
            town.pass_time(1)
    town.open(given[0], an)
    town.settle()
    town.pass_time(60)
    for packet in given[1:]:
        town.open(packet, an)
    town.settle()
    for role, reader in (("given", creator), ("invited", an), ("received", an)):
        whole = listed(town, role, reader)
        assert (set(ids(whole)), whole.older) == (set(given), None)
        found, before = [], None
        while True:
            page = listed(town, role, reader, before, limit=2)
            found += ids(page)
            before = page.older
            if before is None:
                break
        assert found == ids(whole)
    times = [one.created_at for one in listed(town, "given", creator).packets]
    assert times == sorted(times, reverse=True)
    assert ids(listed(town, "received", an))[-1] == given[0]


def plan(town: Town, act: Callable[[Session], Any]) -> str:
    """How PostgreSQL carries out the first statement of `act`, if it reads no whole table."""
    seen: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        seen.append((statement, parameters))

    def explain(session: Session) -> str:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        session.execute(text("SET LOCAL enable_sort = off"))
        session.execute(text("SET LOCAL enable_hashjoin = off"))
        statement, parameters = seen[0]
        rows = session.connection().exec_driver_sql(f"EXPLAIN {statement}", parameters)
        return "\n".join(row[0] for row in rows)

    engine = town.pipeline.sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", note)
    try:
        town.run(act)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return town.run(explain)


@pytest.mark.parametrize(
    ("index", "page"),
    [
        ("ix_red_packets_creator_created_at_id", redpackets.packets_given),
        ("ix_packet_guests_account_invited_at_packet", redpackets.packets_invited_to),
        ("ix_packet_shares_account_at_packet", redpackets.packets_received),
        ("ix_payment_requests_creator_id", payments.requests_made),
        ("ix_payment_shares_payer_request_id", payments.requests_to_pay),
    ],
)
def test_an_index_serves_every_page(town: Town, index: str, page: Any) -> None:
    (ping,) = town.people("ping", fen=0)
    moment = town.now
    of_requests = page in (payments.requests_made, payments.requests_to_pay)
    options = {"before": "req_1"} if of_requests else {"before": (moment, "0x12"), "now": moment}
    found = plan(town, lambda session: page(session, ping.address, limit=20, **options))
    assert index in found
    assert "Sort" not in found, found
