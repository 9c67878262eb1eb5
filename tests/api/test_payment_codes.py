"""Codes over HTTP: a phone that shows them, a scan that is told or refused by name, limits that one sets oneself."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pswallet.api.limits import Limit, Limits
from pswallet.api.tidying import tidy
from pswallet.kit import clock
from pswallet.kit.db import Sessions, transaction
from pswallet.kit.money import Fen
from pswallet.kit.vault import Vault
from pswallet.merchants import service
from pswallet.merchants.rules import cpm, paycodes
from pswallet.merchants.rules.codelimits import CodeKind, Level
from pswallet.merchants.rules.emv import Shop
from pswallet.merchants.rules.paycodes import Moment
from tests.api.gateway import Member, code_of, serve
from tests.api.leaving import leave
from tests.api.money import balance, members, transfer_body
from tests.api.test_privacy import dump_of
from tests.api.test_tidying import rows
from tests.features.test_merchants_emv import DYNAMIC, WHOLE, sealed
from tests.parts import Pipeline

SHOP = Shop(merchant="M440310000001", store="S0001", till="T01", mcc="5812", name="DAWAN HAKKA TEA", city="SHENZHEN")
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def open_device(member: Member) -> dict[str, Any]:
    answer = member.post("/payment-codes")
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def take(sessions: Sessions, vault: Vault, code: str) -> service.Taken:
    with transaction(sessions) as session:
        return service.take_code(
            session, vault, code, merchant="M440310000001", reference="1", amount=Fen(2_880), now=NOW
        )


def shop_by_code(member: Member, sessions: Sessions, vault: Vault) -> service.Taken:
    """Open a phone, set a limit, and have a till take the phone's code at NOW."""
    assert member.post("/code-limits", {"per_day_fen": 800_000}).status_code == 200
    key = bytes.fromhex(open_device(member)["key"][2:])
    return take(sessions, vault, paycodes.code_at(key, Moment(paycodes.step_at(NOW), 0)))


def test_a_phone_shows_codes_that_a_till_can_take(member: Member, sessions: Sessions, vault: Vault) -> None:
    opened = open_device(member)
    assert (opened["step_s"], opened["counters"]) == (60, 4)
    code = paycodes.code_at(bytes.fromhex(opened["key"][2:]), Moment(paycodes.step_at(NOW), 0))
    assert take(sessions, vault, code).owner == member.account["id"]


def test_two_phones_have_keys_of_their_own_and_a_lost_one_is_closed(member: Member) -> None:
    first, second = open_device(member), open_device(member)
    assert first["key"] != second["key"]
    listed = member.get("/payment-codes").json()["items"]
    assert [one["id"] for one in listed] == [first["id"], second["id"]]
    assert all(set(one) == {"id", "created_at"} for one in listed), "a key is told once"
    gone = member.http.delete(f"/v1/payment-codes/{first['id']}", headers=member.bearer)
    assert (gone.status_code, len(member.get("/payment-codes").json()["items"])) == (204, 1)
    again = member.http.delete(f"/v1/payment-codes/{first['id']}", headers=member.bearer)
    assert (again.status_code, code_of(again)) == (404, "payment-device-unknown")


def test_an_answer_that_was_lost_brings_no_second_phone(member: Member) -> None:
    answers = [member.post("/payment-codes", key="one phone").json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(member.get("/payment-codes").json()["items"]) == 1


def test_the_sixth_phone_is_refused(member: Member) -> None:
    for _ in range(5):
        open_device(member)
    answer = member.post("/payment-codes")
    assert (answer.status_code, code_of(answer)) == (409, "payment-devices-exhausted")


def test_no_key_of_a_phone_is_readable_in_the_database(member: Member, sessions: Sessions) -> None:
    opened = open_device(member)
    assert opened["id"] in dump_of(sessions)
    assert opened["key"][2:] not in dump_of(sessions)


# --- a till ---------------------------------------------------------------------------


def shown(opened: dict[str, Any], counter: int = 0) -> str:
    """What the phone shows now."""
    moment = Moment(paycodes.step_at(clock.now()), counter)
    return paycodes.code_at(bytes.fromhex(opened["key"][2:]), moment)


def ask(shop: Member, code: str, reference: str = "20261122T010001", amount: int = 2_880, **options: Any) -> Any:
    return shop.post("/taken-codes", {"text": code, "reference": reference, "amount_fen": amount}, **options)


@pytest.fixture
def shop(stranger: Any, pipeline: Pipeline) -> Member:
    (found,) = members(stranger, pipeline, "shop", tier=5, fen=0)
    return found


def test_a_stall_is_paid_by_a_scanned_code(shop: Member, stranger: Any, pipeline: Pipeline) -> None:
    (ping,) = members(stranger, pipeline, "ping")
    taken = ask(shop, cpm.customer_code(shown(open_device(ping))))
    assert (taken.status_code, taken.json()["account"]) == (201, ping.address)
    wanted = {"kind": "request", "total_fen": 2_880, "payers": [taken.json()["account"]], "note": "擂茶"}
    request = shop.post("/payment-requests", wanted).json()["id"]
    signed = transfer_body(ping, shop.address, 2_880)
    authorization = {name: value for name, value in signed.items() if name not in ("to", "amount_fen")}
    paid = ping.post(f"/payment-requests/{request}/pay", authorization)
    assert paid.status_code == 202, paid.text
    pipeline.settle()
    assert (balance(shop), balance(ping)) == (2_880, 100_000 - 2_880)


def test_a_till_that_restarted_gets_the_answer_that_it_lost(shop: Member, member: Member) -> None:
    code = shown(open_device(member))
    answers = [ask(shop, code, key=key) for key in ("one", "one", "another")]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert answers[0].json() == answers[1].json() == answers[2].json()
    other = ask(shop, code, "20261122T010002")
    assert (other.status_code, code_of(other)) == (409, "payment-code-used")
    assert code_of(ask(shop, code, amount=2_881)) == "reference-taken"


def test_only_a_merchant_takes_codes(member: Member) -> None:
    answer = ask(member, shown(open_device(member)))
    assert (answer.status_code, code_of(answer)) == (403, "not-a-merchant")


def test_what_a_till_cannot_take_is_refused_by_name(shop: Member, member: Member) -> None:
    opened = open_device(member)
    code = shown(opened)
    told = ask(shop, "134567890123456789").json()
    assert (told["type"], told["network"]) == ("/problems/payment-code-foreign", "wechat-pay")
    assert code_of(ask(shop, code[:-1] + str((int(code[-1]) + 1) % 10))) == "payment-code-mistyped"
    assert code_of(ask(shop, shown(opened, counter=paycodes.COUNTERS))) == "payment-code-unknown"
    told = ask(shop, code, amount=100_001).json()
    assert (told["type"], told["limit_fen"], told["spent_fen"]) == ("/problems/code-limit-exceeded", 100_000, 0)
    for wrong in ("", "1" * 33, "一", "a b"):
        assert code_of(ask(shop, code, wrong)) == "request-invalid"
    assert ask(shop, code, "1" * 32, amount=100_000).status_code == 201


def test_a_till_that_guesses_is_stopped(shop: Member, make_app: Any) -> None:
    with serve(make_app(limits=Limits(takings=Limit(2, 3_600)))) as http:
        shop.http = http
        guessed = [code_of(ask(shop, "497161413563918851", str(place))) for place in range(3)]
    assert guessed == ["payment-code-unknown", "payment-code-unknown", "rate-limit-exceeded"]


# --- scans ----------------------------------------------------------------------------


def scan(member: Member, scanned: str) -> Any:
    return member.post("/scans", {"text": scanned})


def test_a_sticker_tells_which_till_to_look_up(member: Member) -> None:
    answer = scan(member, service.sticker(SHOP))
    assert answer.status_code == 200
    assert answer.json() == {
        "kind": "merchant-code",
        "network": "pswallet",
        "initiation": "static",
        "merchant": "M440310000001",
        "store": "S0001",
        "till": "T01",
        "reference": None,
        "order": None,
        "expires_at": None,
    }


def test_an_orders_code_tells_the_order_until_its_end(member: Member, vault: Vault) -> None:
    def code(made: datetime) -> str:
        return service.order_code(vault, SHOP, reference="202611220001", amount=Fen(2_880), now=made)

    found = scan(member, code(clock.now())).json()
    assert (found["initiation"], found["merchant"], found["reference"]) == ("dynamic", SHOP.merchant, "202611220001")
    ended = scan(member, code(clock.now() - service.ORDER_CODE_LIFETIME))
    assert (ended.status_code, code_of(ended)) == (409, "order-code-expired")


def test_a_till_is_told_whose_code_it_scanned(member: Member) -> None:
    found = scan(member, "134567890123456789").json()
    assert (found["kind"], found["network"], found["merchant"]) == ("payment-code", "wechat-pay", None)


@pytest.mark.parametrize(
    ("scanned", "status", "problem", "at"),
    [
        (service.sticker(SHOP)[:-1] + "x", 422, "code-checksum-wrong", None),
        (sealed(WHOLE + "5802CN"), 422, "code-tag-repeated", "58"),
        (sealed(WHOLE.replace("5915", "5916")), 422, "code-length-wrong", "00"),
        (sealed(WHOLE.replace("cn.pswallet", "cn.nobodyyy")), 422, "code-issuer-unknown", "02-51"),
        (sealed(WHOLE + "540628.888"), 422, "code-amount-too-precise", "54"),
        (sealed(WHOLE + "54040.00"), 422, "code-amount-not-positive", "54"),
        (DYNAMIC, 403, "code-signature-invalid", None),
        ("大万", 422, "code-unreadable", None),
        ("", 422, "request-invalid", None),
        ("1" * 513, 422, "request-invalid", None),
        ("1\n", 422, "text-invalid", None),
    ],
)
def test_what_is_wrong_with_a_code_is_told_by_its_name(
    member: Member, scanned: str, status: int, problem: str, at: str | None
) -> None:
    answer = scan(member, scanned)
    assert (answer.status_code, code_of(answer), answer.json().get("at")) == (status, problem, at)


# --- limits -----------------------------------------------------------------------------


def test_one_sees_what_codes_may_pay_today_and_sets_the_limit_of_level_a(member: Member, sessions: Sessions) -> None:
    def shown(answer: Any, kind: CodeKind, level: Level) -> tuple[int, int]:
        found = {(one["kind"], one["level"]): one for one in answer.json()["items"]}
        return found[kind, level]["per_day_fen"], found[kind, level]["spent_fen"]

    with transaction(sessions) as session:
        owner, now = member.account["id"], clock.now()
        service.spend(session, owner=owner, kind=CodeKind.STATIC, level=Level.B, amount=Fen(700), now=now)
    before = member.get("/code-limits")
    assert len(before.json()["items"]) == 9
    assert shown(before, CodeKind.STATIC, Level.B) == (50_000, 700)
    assert shown(before, CodeKind.DYNAMIC, Level.A) == (500_000, 0)
    after = member.post("/code-limits", {"per_day_fen": 800_000})
    assert shown(after, CodeKind.DYNAMIC, Level.A) == shown(member.get("/code-limits"), CodeKind.PAYMENT, Level.A)
    assert shown(after, CodeKind.DYNAMIC, Level.A) == (800_000, 0)
    assert shown(after, CodeKind.STATIC, Level.A) == (50_000, 0), "a sticker has its limit whatever one sets"
    assert code_of(member.post("/code-limits", {"per_day_fen": 0})) == "amount-invalid"


# --- what is left ---------------------------------------------------------------------


def test_the_worker_forgets_taken_codes_after_a_day(member: Member, sessions: Sessions, vault: Vault) -> None:
    shop_by_code(member, sessions, vault)
    tidy(sessions, now=NOW + timedelta(days=1) - timedelta(seconds=1))
    assert rows(sessions, "taken_codes") == 1
    tidy(sessions, now=NOW + timedelta(days=1))
    assert rows(sessions, "taken_codes") == 0


def test_who_leaves_takes_phones_codes_sums_and_limits_along(member: Member, sessions: Sessions, vault: Vault) -> None:
    shop_by_code(member, sessions, vault)
    kept = ("payment_devices", "taken_codes", "code_spendings", "code_limits")
    assert [rows(sessions, table) for table in kept] == [1, 1, 1, 1]
    assert leave(member).status_code == 200
    assert [rows(sessions, table) for table in kept] == [0, 0, 0, 0]
