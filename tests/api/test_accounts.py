"""Codes, registration, one's own account, finding people: POST /v1/codes, /v1/accounts, /v1/accounts/lookup."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from pswallet.accounts import service
from pswallet.accounts.errors import CodeExpired, CodeRequestedTooSoon, CodesExhausted
from pswallet.chain import outbox
from pswallet.kit import clock
from pswallet.kit.db import Sessions, transaction
from pswallet.kit.vault import Vault
from tests.api.gateway import Member, code_of
from tests.parts import Pipeline


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


# --- registering ----------------------------------------------------------------


def test_a_phone_and_an_address_make_an_account(stranger: Any) -> None:
    member = stranger().register()
    me = member.get("/accounts/me").json()
    assert me["address"] == member.address
    assert me["masked_phone"] == "138****8000"
    assert me["masked_name"] is None
    assert (me["tier"], me["frozen"]) == (0, False)


def test_the_visitor_tier_holds_once_the_chain_says_so(pipeline: Pipeline, member: Member) -> None:
    pipeline.settle()
    assert member.get("/accounts/me").json()["tier"] == 1


def test_registering_leaves_one_call_for_the_tier(member: Member, sessions: Sessions) -> None:
    with transaction(sessions) as session:
        assert outbox.unsettled_calls(session) == 1


def test_a_second_account_for_the_phone_is_refused(member: Member, sessions: Sessions, stranger: Any) -> None:
    forget_codes(sessions)
    other = stranger("other")
    answer = other.post("/accounts", {"phone": other.phone, "code": other.code(), **other.proof()})
    assert (answer.status_code, code_of(answer)) == (409, "phone-registered")


def test_a_second_account_for_the_address_is_refused(member: Member, stranger: Any) -> None:
    again = stranger(member.name, "+8613800138001")
    answer = again.post("/accounts", {"phone": again.phone, "code": again.code(), **again.proof()})
    assert (answer.status_code, code_of(answer)) == (409, "address-registered")


def test_two_registrations_at_the_same_moment_make_one_account(stranger: Any) -> None:
    people = [stranger("same"), stranger("same", "+8613800138001")]
    bodies = [{"phone": one.phone, "code": one.code(), **one.proof()} for one in people]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda pair: pair[0].post("/accounts", pair[1]), zip(people, bodies, strict=True)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]


# --- codes ------------------------------------------------------------------------


def forget_codes(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        session.execute(text("DELETE FROM phone_codes"))


def try_code(one: Member, code: str) -> httpx.Response:
    return one.post("/accounts", {"phone": one.phone, "code": code, **one.proof()})


def test_a_second_code_within_60_seconds_is_refused(stranger: Any) -> None:
    one = stranger()
    one.code()
    answer = one.post("/codes", {"phone": one.phone})
    assert (answer.status_code, code_of(answer)) == (429, "code-requested-too-soon")
    assert 1 <= int(answer.headers["retry-after"]) <= 60


class Box:
    """Keeps what was sent."""

    def __init__(self) -> None:
        self.codes: list[str] = []

    def send_code(self, phone: str, code: str) -> None:
        self.codes.append(code)


def send(sessions: Sessions, vault: Vault, box: Box, seconds: int) -> None:
    with transaction(sessions) as session:
        service.send_code(session, vault, box, phone="13800138000", now=clock.from_unix(1_800_000_000 + seconds))


def test_codes_are_sent_again_after_60_seconds_and_not_a_second_earlier(sessions: Sessions, vault: Vault) -> None:
    box = Box()
    send(sessions, vault, box, 0)
    with pytest.raises(CodeRequestedTooSoon):
        send(sessions, vault, box, 59)
    send(sessions, vault, box, 60)
    assert len(box.codes) == 2


def test_a_phone_gets_ten_codes_in_24_hours(sessions: Sessions, vault: Vault) -> None:
    box = Box()
    for count in range(10):
        send(sessions, vault, box, count * 60)
    with pytest.raises(CodesExhausted):
        send(sessions, vault, box, 86_399)
    send(sessions, vault, box, 86_400)


def test_two_sends_at_the_same_moment_make_one_code(stranger: Any) -> None:
    one = stranger()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: one.post("/codes", {"phone": one.phone}).status_code, range(4)))
    assert sorted(answers) == [202, 429, 429, 429]


def test_a_code_lives_five_minutes_and_not_a_second_longer(sessions: Sessions, vault: Vault) -> None:
    box = Box()
    send(sessions, vault, box, 0)
    sent_at = clock.from_unix(1_800_000_000)
    with transaction(sessions) as session, pytest.raises(CodeExpired):
        service.use_code(session, vault, phone="13800138000", code=box.codes[0], now=sent_at + timedelta(minutes=5))
    with transaction(sessions) as session:
        service.use_code(
            session, vault, phone="13800138000", code=box.codes[0], now=sent_at + timedelta(minutes=5, seconds=-1)
        )


def test_a_code_is_used_once(stranger: Any) -> None:
    one = stranger()
    code = one.code()
    assert try_code(one, code).status_code == 201
    answer = try_code(one, code)
    assert (answer.status_code, code_of(answer)) == (403, "code-invalid")


def test_the_fifth_try_may_be_right(stranger: Any) -> None:
    one = stranger()
    code = one.code()
    for left in (4, 3, 2, 1):
        answer = try_code(one, wrong(code))
        assert (answer.status_code, answer.json()["tries_left"]) == (403, left)
    assert try_code(one, code).status_code == 201


def test_the_sixth_try_is_refused_even_if_right(stranger: Any) -> None:
    one = stranger()
    code = one.code()
    for _ in range(5):
        try_code(one, wrong(code))
    answer = try_code(one, code)
    assert (answer.status_code, code_of(answer)) == (403, "code-tries-exhausted")


@pytest.mark.parametrize("phone", ["12345678901", "+85231234567", "nobody"])
def test_a_number_that_is_no_mobile_is_refused(stranger: Any, phone: str) -> None:
    answer = stranger().post("/codes", {"phone": phone})
    assert (answer.status_code, code_of(answer)) == (422, "phone-invalid")


def test_the_database_holds_no_code_and_no_phone(stranger: Any, sessions: Sessions) -> None:
    one = stranger()
    code = one.code()
    with transaction(sessions) as session:
        rows = session.execute(text("SELECT phone_codes::text FROM phone_codes")).scalars().all()
        rows += session.execute(text("SELECT sandbox_messages::text FROM sandbox_messages")).scalars().all()
    assert len(rows) == 2
    assert not any(code in row or "13800138000" in row for row in rows)


# --- proofs of address --------------------------------------------------------------


def refused(one: Member, proof: dict[str, str]) -> str:
    answer = one.post("/accounts", {"phone": one.phone, "code": one.code(), **proof})
    assert answer.status_code in (403, 422)
    return code_of(answer)


def test_a_message_for_another_domain_is_refused(stranger: Any) -> None:
    one = stranger()
    assert refused(one, one.proof(one.message(domain="evil.example"))) == "message-refused"


def test_a_message_for_another_chain_is_refused(stranger: Any) -> None:
    one = stranger()
    assert refused(one, one.proof(one.message(chain_id=1))) == "message-refused"


def test_an_expired_message_is_refused(stranger: Any) -> None:
    one = stranger()
    message = one.message(more="\nExpiration Time: 2026-01-01T00:00:00Z")
    assert refused(one, one.proof(message)) == "message-refused"


def test_a_message_in_no_known_form_is_refused(stranger: Any) -> None:
    one = stranger()
    assert refused(one, one.proof("Let me in")) == "message-malformed"


def test_a_nonce_that_was_never_given_is_refused(stranger: Any) -> None:
    one = stranger()
    assert refused(one, one.proof(one.message(nonce="0123456789abcdef"))) == "nonce-unknown"


def test_another_persons_signature_is_refused(stranger: Any) -> None:
    one, other = stranger(), stranger("other")
    message = one.message()
    assert refused(one, {"message": message, "signature": other.proof(message)["signature"]}) == "signature-invalid"


def test_a_high_s_signature_is_refused(stranger: Any) -> None:
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    one = stranger()
    proof = one.proof()
    raw = bytes.fromhex(proof["signature"][2:])
    high = raw[:32] + (order - int.from_bytes(raw[32:64])).to_bytes(32) + bytes([55 - raw[64]])
    assert refused(one, {**proof, "signature": "0x" + high.hex()}) == "signature-malformed"


# --- finding people ------------------------------------------------------------------


def test_a_person_is_found_by_phone(member: Member, stranger: Any) -> None:
    friend = stranger("friend", "+85251234567").register()
    found = member.post("/accounts/lookup", {"phone": "+852 5123 4567"})
    assert found.json() == {"address": friend.address, "masked_phone": "+85****4567", "masked_name": None}


def test_the_masked_name_shows_once_it_is_checked(member: Member, stranger: Any) -> None:
    friend = stranger("friend", "+8613800138001").register()
    friend.post("/kyc/real-name", {"name": "曾小萍", "id_number": "440310199003070023"})
    assert member.post("/accounts/lookup", {"phone": "13800138001"}).json()["masked_name"] == "*小萍"


def test_an_unknown_phone_finds_nobody(member: Member) -> None:
    answer = member.post("/accounts/lookup", {"phone": "13900139000"})
    assert (answer.status_code, code_of(answer)) == (404, "person-unknown")


def test_strangers_find_nobody(stranger: Any) -> None:
    answer = stranger().post("/accounts/lookup", {"phone": "13900139000"})
    assert (answer.status_code, code_of(answer)) == (401, "session-missing")
