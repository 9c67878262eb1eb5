"""Payment codes before a real database: taken once however many ask, and never above the limits of a day."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from pswallet.kit.db import Sessions, transaction
from pswallet.kit.money import Fen
from pswallet.kit.problems import Problem
from pswallet.kit.vault import Vault
from pswallet.merchants import service
from pswallet.merchants.rules import cpm, paycodes
from pswallet.merchants.rules.codelimits import CodeKind, Level
from pswallet.merchants.rules.paycodes import Moment
from pswallet.merchants.service import OpenedDevice, Taken
from tests.parts import secret

R = TypeVar("R")
AN, BO = "acc_an", "acc_bo"
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
"""Noon in Shenzhen."""
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
TEA = Fen(2_880)


@dataclass
class Tills:
    """Phones and tills over one database."""

    sessions: Sessions
    vault: Vault

    def run(self, act: Callable[[Session], R]) -> R:
        with transaction(self.sessions) as session:
            return act(session)

    def phone(self, owner: str = AN, key: bytes = secret("phone")) -> OpenedDevice:
        return self.run(lambda session: service.open_device(session, self.vault, owner=owner, key=key, now=NOON))

    def take(self, shown: str, reference: str = "1", amount: int = TEA, **changed: Any) -> Taken:
        given: dict[str, Any] = {"merchant": "M440310000001", "now": NOON} | changed
        return self.run(
            lambda session: service.take_code(
                session, self.vault, shown, reference=reference, amount=Fen(amount), **given
            )
        )

    def refusal(self, act: Callable[[], object]) -> str:
        with pytest.raises(Problem) as refused:
            act()
        return type(refused.value).__name__

    def spend(self, amount: int, *, kind: CodeKind = CodeKind.STATIC, level: Level = Level.B, **changed: Any) -> int:
        given: dict[str, Any] = {"owner": AN, "now": NOON} | changed
        return self.run(lambda session: service.spend(session, kind=kind, level=level, amount=Fen(amount), **given))

    def spent(self, kind: CodeKind, level: Level, owner: str = AN, now: datetime = NOON) -> int:
        found = self.run(lambda session: service.limits_of(session, owner=owner, now=now))
        return next(one.spent for one in found if (one.kind, one.level) == (kind, level))


@pytest.fixture
def tills(sessions: Sessions) -> Tills:
    return Tills(sessions, Vault(secret("vault")))


def shown(device: OpenedDevice, at: datetime = NOON, counter: int = 0) -> str:
    return paycodes.code_at(device.key, Moment(paycodes.step_at(at), counter))


def outcomes(act: Callable[[int], object], times: int) -> list[object]:
    """What becomes of `times` at once: the value, or the name of the Problem."""

    def one(place: int) -> object:
        try:
            return act(place)
        except Problem as problem:
            return type(problem).__name__

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(one, range(times)))


# --- one code, one payment ------------------------------------------------------------


def test_a_code_tells_a_till_whom_to_ask(tills: Tills) -> None:
    phone = tills.phone()
    tills.phone(BO, secret("another phone"))
    taken = tills.take(shown(phone))
    assert (taken.owner, taken.device, taken.amount) == (AN, phone.id, TEA)
    assert tills.spent(CodeKind.PAYMENT, Level.C) == TEA


def test_a_scanned_code_says_the_same_as_typed_digits(tills: Tills) -> None:
    code = shown(tills.phone())
    first = tills.take(cpm.customer_code(code))
    assert tills.take(f" {code[:6]} {code[6:12]} {code[12:]} ") == first


def test_phones_that_share_a_slot_are_told_apart(tills: Tills, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paycodes, "slot_of", lambda key: "123456")
    phones = {owner: tills.phone(owner, secret(owner)) for owner in (AN, BO)}
    for reference, (owner, phone) in enumerate(phones.items()):
        assert tills.take(shown(phone), str(reference)).owner == owner


def test_of_a_hundred_tills_that_scan_one_code_one_takes_it(tills: Tills) -> None:
    code = shown(tills.phone())
    found = outcomes(lambda place: tills.take(code, str(place)).owner, 100)
    assert sorted(map(str, found)) == ["PaymentCodeUsed"] * 99 + [AN]
    assert tills.spent(CodeKind.PAYMENT, Level.C) == TEA


def test_a_till_that_lost_the_answer_asks_again_and_nothing_counts_twice(tills: Tills) -> None:
    code = shown(tills.phone())
    found = outcomes(lambda _: tills.take(code), 20)
    assert found == [found[0]] * 20
    assert tills.take(code, now=NOON + DAY - MINUTE) == found[0], "long after the code's two minutes"
    assert tills.spent(CodeKind.PAYMENT, Level.C) == TEA


def test_a_reference_takes_one_code_for_one_amount(tills: Tills) -> None:
    phone = tills.phone()
    tills.take(shown(phone))
    assert tills.refusal(lambda: tills.take(shown(phone, counter=1))) == "ReferenceTaken"
    assert tills.refusal(lambda: tills.take(shown(phone), amount=TEA + 1)) == "ReferenceTaken"
    assert tills.take(shown(phone, counter=1), merchant="M440310000002").owner == AN, "numbers are each merchant's own"


def test_a_code_ends_with_the_minute_after_its_own(tills: Tills) -> None:
    code = shown(tills.phone())
    assert tills.refusal(lambda: tills.take(code, now=NOON + 2 * MINUTE)) == "PaymentCodeUnknown"
    assert tills.take(code, now=NOON + 2 * MINUTE - timedelta(seconds=1)).owner == AN


def test_what_nobody_shows_is_refused_by_name(tills: Tills) -> None:
    phone = tills.phone()
    code = shown(phone)
    assert tills.refusal(lambda: tills.take(code[:-1] + str((int(code[-1]) + 1) % 10))) == "PaymentCodeMistyped"
    stranger = OpenedDevice("dev_x", NOON, secret("stranger"))
    assert tills.refusal(lambda: tills.take(shown(stranger))) == "PaymentCodeUnknown"
    with pytest.raises(Problem) as refused:
        tills.take("134567890123456789")
    assert (type(refused.value).__name__, refused.value.details) == ("PaymentCodeForeign", {"network": "wechat-pay"})
    emvco = "hQVDUFYwMWEaTwegAAAAVVVVVw8SNFZ4kBI0WNGRIgESNF8="
    assert tills.refusal(lambda: tills.take(emvco)) == "CodeIssuerUnknown"
    assert tills.refusal(lambda: tills.take("https://example.org")) == "CodeUnreadable"


def test_a_lost_phone_shows_no_codes_any_more(tills: Tills) -> None:
    phone = tills.phone()
    close = lambda owner: tills.run(lambda session: service.close_device(session, phone.id, owner=owner))  # noqa: E731
    assert tills.refusal(lambda: close(BO)) == "PaymentDeviceUnknown"
    tills.take(shown(phone))
    close(AN)
    assert tills.refusal(lambda: tills.take(shown(phone, counter=1), "2")) == "PaymentCodeUnknown"
    assert tills.refusal(lambda: close(AN)) == "PaymentDeviceUnknown"
    assert tills.run(lambda session: service.devices_of(session, owner=AN)) == []


def test_a_phone_that_is_closed_meanwhile_shows_nothing(tills: Tills) -> None:
    phone = tills.phone()
    with ThreadPoolExecutor(1) as till:
        with transaction(tills.sessions) as session:
            service.close_device(session, phone.id, owner=AN)
            taking = till.submit(tills.refusal, lambda: tills.take(shown(phone)))
            until_somebody_waits(tills, taking)
        assert taking.result(10) == "PaymentCodeUnknown"


def until_somebody_waits(tills: Tills, other: Future[Any]) -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    deadline = time.monotonic() + 10
    while not tills.run(lambda session: session.scalar(text(waiting))):
        assert time.monotonic() < deadline, "nobody waits"
        assert not other.done(), other.result()


def test_an_account_has_at_most_five_devices(tills: Tills) -> None:
    found = outcomes(lambda place: tills.phone(key=secret(f"phone {place}")).id[:4], service.MAX_DEVICES + 1)
    assert sorted(map(str, found)) == ["PaymentDevicesExhausted"] + ["dev_"] * service.MAX_DEVICES
    assert len(tills.run(lambda session: service.devices_of(session, owner=AN))) == service.MAX_DEVICES


def test_with_the_owners_key_destroyed_the_phones_are_deaf(tills: Tills) -> None:
    phone = tills.phone()
    tills.run(lambda session: tills.vault.destroy(session, AN, now=NOON))
    assert tills.refusal(lambda: tills.take(shown(phone))) == "PaymentCodeUnknown"


# --- the limits of a day ----------------------------------------------------------------


def test_without_a_password_a_code_pays_1000_yuan_a_day_to_the_fen(tills: Tills) -> None:
    phone = tills.phone()
    tills.take(shown(phone), "1", 99_999)
    with pytest.raises(Problem) as refused:
        tills.take(shown(phone, counter=1), "2", 2)
    told = {"kind": "payment", "level": "C", "limit_fen": 100_000, "spent_fen": 99_999, "attempted_fen": 2}
    assert (type(refused.value).__name__, refused.value.details) == ("CodeLimitExceeded", told)
    assert tills.take(shown(phone, counter=1), "2", 1).amount == 1, "a refused code was not used up"


@pytest.mark.parametrize(
    ("kind", "level", "limit"),
    [
        (CodeKind.STATIC, Level.A, 50_000),
        (CodeKind.STATIC, Level.C, 50_000),
        (CodeKind.DYNAMIC, Level.B, 500_000),
        (CodeKind.DYNAMIC, Level.C, 100_000),
    ],
)
def test_the_days_first_payment_meets_the_limit_too(tills: Tills, kind: CodeKind, level: Level, limit: int) -> None:
    assert tills.refusal(lambda: tills.spend(limit + 1, kind=kind, level=level)) == "CodeLimitExceeded"
    assert tills.spend(limit, kind=kind, level=level) == limit
    assert tills.refusal(lambda: tills.spend(1, kind=kind, level=level)) == "CodeLimitExceeded"


@pytest.mark.parametrize("amount", [0, -1, -100_000])
def test_less_than_a_fen_neither_takes_a_code_nor_makes_room(tills: Tills, amount: int) -> None:
    code = shown(tills.phone())
    assert tills.refusal(lambda: tills.spend(amount)) == "ZeroAmount"
    assert tills.refusal(lambda: tills.take(code, amount=amount)) == "ZeroAmount"
    assert tills.take(code, amount=1).amount == 1


def test_limits_are_of_a_person_a_kind_a_level_and_a_day(tills: Tills) -> None:
    tills.spend(50_000)
    assert tills.spend(50_000, owner=BO) == 50_000
    assert tills.spend(50_000, kind=CodeKind.DYNAMIC) == 50_000
    assert tills.spend(50_000, kind=CodeKind.DYNAMIC, level=Level.C) == 50_000
    midnight = NOON + timedelta(hours=12)
    assert tills.refusal(lambda: tills.spend(1, now=midnight - timedelta(seconds=1))) == "CodeLimitExceeded"
    assert tills.spend(50_000, now=midnight) == 50_000, "a day of Shanghai has begun"


def test_under_a_hundred_payments_at_once_none_passes_the_limit(tills: Tills) -> None:
    found = outcomes(lambda _: tills.spend(1_100), 100)
    assert sorted(one for one in found if isinstance(one, int)) == [1_100 * (place + 1) for place in range(45)]
    assert [one for one in found if isinstance(one, str)] == ["CodeLimitExceeded"] * 55
    assert tills.spent(CodeKind.STATIC, Level.B) == 49_500


def test_what_did_not_come_about_is_given_back(tills: Tills) -> None:
    tills.spend(50_000)

    def give_back(amount: int, at: datetime = NOON) -> int:
        given: dict[str, Any] = {"owner": AN, "kind": CodeKind.STATIC, "level": Level.B}
        tills.run(lambda session: service.give_back(session, amount=Fen(amount), spent_at=at, **given))
        return tills.spent(CodeKind.STATIC, Level.B)

    assert give_back(20_000) == 30_000
    assert give_back(30_001) == 30_000, "never below zero"
    assert give_back(10, NOON + DAY) == 30_000, "of its own day"
    assert tills.spend(20_000) == 50_000


def test_a_person_sets_the_limit_of_level_a_and_a_lower_one_holds_at_once(tills: Tills) -> None:
    def set_limit(fen: int) -> None:
        tills.run(lambda session: service.set_limit(session, owner=AN, per_day=Fen(fen)))

    def pay(fen: int) -> int:
        return tills.spend(fen, kind=CodeKind.DYNAMIC, level=Level.A)

    assert pay(500_000) == 500_000
    assert tills.refusal(lambda: pay(1)) == "CodeLimitExceeded"
    set_limit(600_000)
    assert pay(100_000) == 600_000
    set_limit(700_000)
    set_limit(1)
    assert tills.refusal(lambda: pay(1)) == "CodeLimitExceeded"


def test_what_nobody_asks_for_any_more_is_forgotten_after_a_day(tills: Tills) -> None:
    code = shown(tills.phone())
    tills.take(code)
    forget = lambda now: tills.run(lambda session: service.forget_taken(session, now=now))  # noqa: E731
    forget(NOON + DAY - timedelta(seconds=1))
    assert tills.take(code, now=NOON + DAY - timedelta(seconds=1)).amount == TEA
    forget(NOON + DAY)
    assert tills.refusal(lambda: tills.take(code, now=NOON + DAY)) == "PaymentCodeUnknown"
    assert tills.spent(CodeKind.PAYMENT, Level.C) == TEA, "yesterday still counts: its payments may be given back"
    forget(NOON + 2 * DAY)
    assert tills.spent(CodeKind.PAYMENT, Level.C) == 0
