"""The bank: money issued once an entry, within a fresh attestation of the reserve."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pswallet import schedule
from pswallet.bank import service
from pswallet.kit.db import transaction
from pswallet.kit.money import MAX_FEN, Fen
from pswallet.kit.problems import Problem
from tests.features.money import Town, name
from tests.locks import until_they_wait
from tests.parts import Person


def record(town: Town, person: Person, amount: int, entry: str = "BANK-1") -> Any:
    return town.run(
        lambda session: service.record_entry(
            session,
            entry_id=entry,
            account=person.address,
            amount=amount,  # type: ignore[arg-type]
            now=town.now,
        )
    )


def settle(town: Town) -> int:
    """A worker's tick, then the chain."""
    calls = town.run(lambda session: schedule.settle_bank(session, now=town.now))
    town.settle()
    return calls


def entry(town: Town, entry_id: str = "BANK-1") -> service.EntryView:
    return town.run(lambda session: service.find_entry(session, entry_id))


def test_money_that_arrives_is_issued_once_the_reserve_is_attested(town: Town) -> None:
    (ping,) = town.people("ping", fen=0)
    assert record(town, ping, 100_000).status == "recorded"
    town.settle()  # the attestation
    assert entry(town).status == "recorded"
    settle(town)
    assert entry(town).status == "issued"
    assert town.balance(ping) == 100_000


def test_an_entry_is_issued_once_however_often_it_is_reported(town: Town) -> None:
    (ping,) = town.people("ping", fen=0)
    for _ in range(3):
        record(town, ping, 100_000)
        settle(town)
        settle(town)
    assert town.balance(ping) == 100_000
    assert len([key for key in town.pipeline.calls() if key.startswith("mint")]) == 1


def test_an_entry_reported_differently_is_refused(town: Town) -> None:
    ping, hua = town.people("ping", "hua", fen=0)
    record(town, ping, 100_000)
    for person, amount in ((ping, 100_001), (hua, 100_000)):
        with pytest.raises(Problem) as refused:
            record(town, person, amount)
        assert name(refused.value) == "BankEntryConflict"


@pytest.mark.parametrize(("amount", "problem"), [(0, "ZeroAmount"), (-1, "ValueTooLarge"), (2**63, "ValueTooLarge")])
def test_impossible_amounts_are_refused(town: Town, amount: int, problem: str) -> None:
    (ping,) = town.people("ping", fen=0)
    with pytest.raises(Problem) as refused:
        record(town, ping, amount)
    assert name(refused.value) == problem


def test_all_entries_together_stay_within_what_a_reserve_can_state(town: Town) -> None:
    (ping,) = town.people("ping", fen=0)
    record(town, ping, MAX_FEN - 700, "BANK-1")
    with pytest.raises(Problem) as refused:
        record(town, ping, 701, "BANK-2")
    assert (name(refused.value), refused.value.details["attempted"]) == ("BankTotalTooLarge", MAX_FEN + 1)
    record(town, ping, 700, "BANK-3")
    town.settle()
    settle(town)
    assert (entry(town, "BANK-3").status, town.balance(ping)) == ("issued", 700)
    assert settle(town) == 0, "the reserve is attested: there is nothing left to attest"


def test_two_entries_at_once_cannot_pass_the_bound_together(town: Town) -> None:
    (ping,) = town.people("ping", fen=0)

    def elsewhere() -> str:
        try:
            record(town, ping, MAX_FEN, "BANK-2")
        except Problem as refused:
            return name(refused)
        return "recorded"

    with ThreadPoolExecutor(1) as process, transaction(town.pipeline.sessions) as here:
        service.record_entry(here, entry_id="BANK-1", account=ping.address, amount=Fen(1), now=town.now)
        other = process.submit(elsewhere)
        until_they_wait(town.pipeline.sessions, other)
        here.commit()
        assert other.result() == "BankTotalTooLarge"


def test_money_for_an_account_without_a_tier_waits_for_it(town: Town) -> None:
    town.people("somebody", fen=0)
    newcomer = Person("newcomer")
    record(town, newcomer, 5_000)
    town.settle()
    settle(town)
    assert entry(town).status == "recorded"
    town.pipeline.chain.register(newcomer)
    town.settle()
    settle(town)
    assert (entry(town).status, town.balance(newcomer)) == ("issued", 5_000)


def test_entries_for_strangers_hold_nobody_up(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_ISSUED_AT_ONCE", 2)
    (ping,) = town.people("ping", fen=0)
    for place in range(3):
        record(town, Person(f"stranger {place}"), 100, f"A-STRANGER-{place}")
    record(town, ping, 700)
    town.settle()
    settle(town)
    assert entry(town).status == "issued"


def test_money_for_a_frozen_account_waits_and_is_issued_once_it_is_unfrozen(town: Town) -> None:
    (ping,) = town.people("ping", fen=0)
    town.freeze(ping)
    record(town, ping, 700)
    town.settle()
    assert settle(town) == 0
    assert entry(town).status == "recorded"
    town.unfreeze(ping)
    settle(town)
    settle(town)
    assert (entry(town).status, town.balance(ping)) == ("issued", 700)


def test_a_refused_entry_is_issued_once_the_reason_is_gone(town: Town) -> None:
    """The freeze reaches the chain before the mint does, and the gateway hears of both afterwards."""
    (ping,) = town.people("ping", fen=0)
    record(town, ping, 700)
    town.settle()
    frozen = town.pipeline.chain.token(town.pipeline.chain.keys.compliance, "freeze", [ping.address])
    assert int(frozen["status"], 16) == 1
    settle(town)
    assert (entry(town).status, entry(town).error) == ("refused", "RecipientIsFrozen")
    assert settle(town) == 0
    town.unfreeze(ping)
    settle(town)
    settle(town)
    assert (entry(town).status, entry(town).error, town.balance(ping)) == ("issued", None, 700)
    assert len([key for key in town.pipeline.calls() if key.startswith("mint")]) == 2


def test_money_above_the_cap_stays_at_the_bank_and_says_why(town: Town) -> None:
    (visitor,) = town.people("visitor", tier=1, fen=0)
    record(town, visitor, 100_001)
    town.settle()
    settle(town)
    found = entry(town)
    assert (found.status, found.error) == ("refused", "BalanceLimitExceeded")
    assert town.balance(visitor) == 0
    assert settle(town) == 0


def test_nothing_is_issued_above_the_attested_reserve(town: Town) -> None:
    ping, hua = town.people("ping", "hua", fen=0)
    record(town, ping, 1_000, "BANK-1")
    town.settle()
    # The reserve of ¥10.00 is attested; the second entry must wait for the next attestation, the first need not.
    record(town, hua, 500, "BANK-2")
    keys = list(town.pipeline.calls())
    assert f"mint:{service.entry_hash('BANK-1')}" in keys
    assert f"mint:{service.entry_hash('BANK-2')}" not in keys
    town.settle()
    settle(town)
    assert (town.balance(ping), town.balance(hua)) == (1_000, 500)


def test_the_attestation_is_renewed_in_its_last_hour_and_after_time_has_moved(town: Town) -> None:
    (ping,) = town.people("ping", fen=0)
    record(town, ping, 1_000)
    town.settle()
    settle(town)
    assert settle(town) == 0
    town.pass_time(23 * 3600)
    assert settle(town) == 0
    town.pass_time(3600 + 60)
    assert settle(town) == 1
    assert settle(town) == 0
    town.pass_time(3 * 86_400)
    record(town, ping, 1_000, "BANK-2")
    town.settle()
    settle(town)
    assert town.balance(ping) == 2_000


def test_the_banks_name_of_an_entry_never_goes_on_chain(town: Town) -> None:
    (ping,) = town.people("ping", fen=0)
    record(town, ping, 1_000, "ICBC-20261122-0001")
    town.settle()
    settle(town)
    assert entry(town, "ICBC-20261122-0001").entry == service.entry_hash("ICBC-20261122-0001")
    assert not any("ICBC" in key for key in town.pipeline.calls())
    with pytest.raises(Problem) as unknown:
        entry(town, "BANK-404")
    assert name(unknown.value) == "BankEntryUnknown"


def test_a_reserve_above_what_a_column_holds_stops_nobody(town: Town) -> None:
    (ping,) = town.people("ping", fen=0)
    town.pipeline.chain.token(town.pipeline.chain.keys.reserve, "attestReserve", 2**64 - 1)
    town.settle()
    record(town, ping, 700)
    town.settle()
    assert town.balance(ping) == 700
