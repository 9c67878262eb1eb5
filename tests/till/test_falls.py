"""A till that is killed in the middle of anything goes on where it was, and nothing is done twice."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pswallet.kit import clock
from pswallet.kit.money import Fen
from pswallet.local.lock import FolderTaken
from pswallet.merchants.rules import paycodes
from pswallet.merchants.rules.sales import State
from pswallet.till.counter import Counter
from pswallet.till.journal import Act, Journal
from pswallet.till.tickets import Ticket
from tests.api.gateway import Member
from tests.api.money import balance
from tests.till.shop import Killed, Shop, looked_at, pay

Scene = Callable[[Counter, Member], tuple[Ticket | None, Callable[[], object]]]


def ringing_up(counter: Counter, an: Member) -> tuple[Ticket | None, Callable[[], object]]:
    return None, lambda: counter.ring_up(Fen(2_880))


def taking(counter: Counter, an: Member) -> tuple[Ticket | None, Callable[[], object]]:
    ticket = counter.ring_up(Fen(2_880))
    return ticket, lambda: counter.take(ticket, payment_code(an))


def voiding(counter: Counter, an: Member) -> tuple[Ticket | None, Callable[[], object]]:
    ticket = counter.ring_up(Fen(2_880))
    return ticket, lambda: counter.void(ticket)


def giving_back(counter: Counter, an: Member) -> tuple[Ticket | None, Callable[[], object]]:
    ticket = counter.ring_up(Fen(2_880))
    pay(an, ticket)
    looked_at(counter, ticket, lambda one: one.paid is not None)
    return ticket, lambda: counter.refund(ticket, Fen(880))


def payment_code(customer: Member) -> str:
    key = bytes.fromhex(customer.post("/payment-codes").json()["key"][2:])
    return paycodes.code_at(key, paycodes.Moment(paycodes.step_at(clock.now()), 0))


def count(shop: Shop, table: str) -> int:
    with shop.owner.sessions() as session:
        return int(session.connection().exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


@pytest.mark.parametrize(
    ("scene", "path", "table"),
    [
        (ringing_up, "/orders", "orders"),
        (taking, "/taken-codes", "taken_codes"),
        (voiding, "/void", "orders WHERE voided_at IS NOT NULL"),
        (giving_back, "/refunds", "order_refunds"),
    ],
)
def test_what_a_killed_till_asked_for_is_done_once_whether_it_had_arrived_or_not(
    counter: Counter, shop: Shop, an: Member, scene: Scene, path: str, table: str
) -> None:
    done = 0
    for moment in ("before", "after"):
        ticket, act = scene(counter, an)
        done = count(shop, table)
        shop.wire.kills = (moment, path)
        with pytest.raises(Killed):
            act()
        assert count(shop, table) == (done if moment == "before" else done + 1)
        counter.put_out()
        counter = shop.counter()
        (resumed,) = counter.resume()
        assert ticket is None or resumed.reference == ticket.reference
        assert count(shop, table) == done + 1
        assert counter.resume() == []
        assert counter.book.is_open
        assert resumed.sale.state is {voiding: State.VOIDED, giving_back: State.PAID}.get(scene, State.UNKNOWN)
    if scene is giving_back:
        looked_at(counter, resumed, lambda one: one.refunds[0].status == "confirmed")
        assert balance(an) == 100_000 - 2 * 2_000


TILL = """
import os, signal, sys
from pathlib import Path
import httpx
from pswallet.client import Client, Key
from pswallet.kit.money import Fen
from pswallet.till.counter import Counter
from pswallet.till.journal import Journal
from pswallet.till.line import Line

def fall(answer):
    if answer.request.method == "POST" and answer.request.url.path.endswith("/refunds"):
        os.kill(os.getpid(), signal.SIGKILL)

url, token, secret, folder, reference = sys.argv[1:]
http = httpx.Client(base_url=url, event_hooks={"response": [fall]})
client = Client(url, Key.of(bytes.fromhex(secret)), http=http)
client.token = token
counter = Counter(Line(client, print), Journal(Path(folder) / "journal.jsonl"))
counter.refund(counter.book.tickets[reference], Fen(880))
"""


def test_kill_9_between_the_gateways_answer_and_the_tills_journal_gives_back_once(
    counter: Counter, shop: Shop, an: Member
) -> None:
    ticket, _ = giving_back(counter, an)
    assert ticket is not None
    counter.put_out()
    owner = shop.owner
    said = [str(owner.http.base_url), owner.token or "", owner.key.hex(), str(shop.folder), ticket.reference]
    done = subprocess.run([sys.executable, "-c", TILL, *said], cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == -signal.SIGKILL
    again = shop.counter()
    assert [one.reference for one in again.resume()] == [ticket.reference]
    looked_at(again, again.book.tickets[ticket.reference], lambda one: one.refunds[0].status == "confirmed")
    assert balance(an) == 100_000 - 2_000


def test_a_line_that_was_cut_in_the_middle_was_not_asked_for_and_is_gone(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "till" / "journal.jsonl")
    journal.write(Act.ASKING, "1", amount_fen=100)
    journal.close()
    file = tmp_path / "till" / "journal.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole + whole[:-1])
    again = Journal(file)
    assert [entry.reference for entry in again.entries] == ["1"]
    again.write(Act.ASKING, "2", amount_fen=100)
    again.close()
    assert [entry.reference for entry in Journal(file).entries] == ["1", "2"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_one_process_at_a_time_writes_a_tills_journal(tmp_path: Path) -> None:
    held = Journal(tmp_path / "till" / "journal.jsonl")
    with pytest.raises(FolderTaken):
        Journal(tmp_path / "till" / "journal.jsonl")
    held.close()


def test_an_act_is_on_the_disk_before_it_is_asked_for(counter: Counter, shop: Shop) -> None:
    shop.wire.kills = ("before", "/orders")
    with pytest.raises(Killed):
        counter.ring_up(Fen(2_880))
    last = (shop.folder / "journal.jsonl").read_bytes().splitlines()[-1]
    assert b'"asking"' in last
    assert shop.wire.sent == []
