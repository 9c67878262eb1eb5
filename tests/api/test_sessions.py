"""Sign-in and sessions: POST /v1/sign-in/nonces, POST/GET/DELETE /v1/sessions."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from pswallet.accounts import rules, service
from pswallet.accounts.errors import NonceUnknown, SessionInvalid
from pswallet.accounts.service import SessionOwner, SignInProof
from pswallet.api.verdicts import contract_verdict
from pswallet.chain.rpc import Rpc
from pswallet.kit import clock
from pswallet.kit.db import Sessions, transaction
from tests.api.gateway import Member, code_of
from tests.parts import Chain


def test_an_address_signs_in_again(member: Member) -> None:
    answer = member.post("/sessions", member.proof())
    assert answer.status_code == 201
    assert answer.json()["account"]["address"] == member.address
    assert answer.json()["token"] != member.token


def test_two_factors_sign_in(member: Member, sessions: Sessions) -> None:
    with transaction(sessions) as session:
        session.execute(text("DELETE FROM phone_codes"))
    answer = member.post("/sessions", {**member.proof(), "phone": member.phone, "code": member.code()})
    assert answer.status_code == 201


def test_another_persons_phone_is_no_second_factor(member: Member, stranger: Any) -> None:
    other = stranger("other", "+8613800138001").register()
    with transaction(member.sessions) as session:
        session.execute(text("DELETE FROM phone_codes"))
    answer = member.post("/sessions", {**member.proof(), "phone": other.phone, "code": other.code()})
    assert (answer.status_code, code_of(answer)) == (404, "account-unknown")


def test_an_address_without_account_does_not_sign_in(stranger: Any) -> None:
    one = stranger()
    answer = one.post("/sessions", one.proof())
    assert (answer.status_code, code_of(answer)) == (404, "account-unknown")


def test_a_nonce_is_used_once(member: Member) -> None:
    proof = member.proof()
    assert member.post("/sessions", proof).status_code == 201
    answer = member.post("/sessions", proof)
    assert (answer.status_code, code_of(answer)) == (403, "nonce-unknown")


def test_a_nonce_is_used_once_even_at_the_same_moment(member: Member) -> None:
    proof = member.proof()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: member.post("/sessions", proof).status_code, range(4)))
    assert sorted(answers) == [201, 403, 403, 403]


def test_a_nonce_lives_ten_minutes_and_not_a_second_longer(member: Member, sessions: Sessions, chain: Chain) -> None:
    now = clock.now()
    with transaction(sessions) as session:
        nonce = service.give_nonce(session, now=now).nonce
    message = member.message(nonce=nonce)
    proof = SignInProof(
        message=message,
        signature=bytes.fromhex(member.proof(message)["signature"][2:]),
        domain="localhost:8000",
        chain_id=chain.deployment.chain_id,
        contract_accepts=contract_verdict(chain.rpc),
    )
    with transaction(sessions) as session, pytest.raises(NonceUnknown):
        service.prove_address(session, proof, now=now + timedelta(minutes=10))
    with transaction(sessions) as session:
        assert service.prove_address(session, proof, now=now + timedelta(minutes=10, seconds=-1)) == member.address


def test_sessions_are_listed_and_one_can_be_ended(member: Member) -> None:
    lost = member.post("/sessions", member.proof()).json()["token"]
    listed = member.get("/sessions").json()["sessions"]
    assert [one["current"] for one in listed] == [False, True]
    assert member.http.delete(f"/v1/sessions/{listed[0]['id']}", headers=member.bearer).status_code == 204
    ended = member.http.get("/v1/accounts/me", headers={"Authorization": f"Bearer {lost}"})
    assert (ended.status_code, code_of(ended)) == (401, "session-invalid")
    assert len(member.get("/sessions").json()["sessions"]) == 1


def test_one_cannot_end_another_persons_session(member: Member, stranger: Any) -> None:
    other = stranger("other", "+8613800138001").register()
    identifier = other.get("/sessions").json()["sessions"][0]["id"]
    answer = member.http.delete(f"/v1/sessions/{identifier}", headers=member.bearer)
    assert (answer.status_code, code_of(answer)) == (404, "session-unknown")
    assert other.get("/accounts/me").status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Basic abc", "Bearer unknown"])
def test_without_a_live_session_one_is_nobody(member: Member, header: str) -> None:
    answer = member.http.get("/v1/accounts/me", headers={"Authorization": header})
    assert answer.status_code == 401
    assert code_of(answer) in ("session-missing", "session-invalid")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_session_lives_thirty_days_and_not_a_second_longer(member: Member, sessions: Sessions) -> None:
    began = clock.from_unix(0)
    with transaction(sessions) as session:
        began = service.sessions_of(session, account_id=member.account["id"], now=clock.now())[0].created_at
        last = began + rules.SESSION_LIFETIME - timedelta(seconds=1)
        assert member.token is not None
        found = service.authenticate(session, [member.token, "unknown"], last)
        assert isinstance(found[0], SessionOwner)
        assert isinstance(found[1], SessionInvalid)
        later = service.authenticate(session, [member.token], began + rules.SESSION_LIFETIME)
        assert isinstance(later[0], SessionInvalid)


def test_the_database_holds_no_token(member: Member, sessions: Sessions) -> None:
    with transaction(sessions) as session:
        rows = session.execute(text("SELECT account_sessions::text FROM account_sessions")).scalars().all()
        rows += session.execute(text("SELECT kept_answers::text FROM kept_answers")).scalars().all()
    assert member.token is not None
    assert not any(member.token in row or member.token.encode().hex() in row for row in rows)


# --- contract accounts (ERC-1271) ---------------------------------------------------

ACCEPTS_ALL = "0x7f1626ba7e" + "00" * 28 + "60005260206000f3"
"""Runtime code that answers every call with isValidSignature's magic value."""

REFUSES_ALL = "0x60006000fd"


def accepts(rpc: Rpc, code: str) -> bool:
    address = "0x00000000000000000000000000000000000c0de1"
    rpc.call("anvil_setCode", [address, code])
    return contract_verdict(rpc)(address, b"\1" * 32, b"\2" * 65)


def test_a_contract_that_accepts_is_believed(chain: Chain) -> None:
    assert accepts(chain.rpc, ACCEPTS_ALL)


def test_a_contract_that_reverts_or_is_none_is_not(chain: Chain) -> None:
    assert not accepts(chain.rpc, REFUSES_ALL)
    assert not accepts(chain.rpc, "0x")
    assert not accepts(chain.rpc, "0x600160005260206000f3")


def test_a_contract_account_registers(stranger: Any, chain: Chain) -> None:
    address = "0xc0dE000000000000000000000000000000000001"
    chain.rpc.call("anvil_setCode", [address, ACCEPTS_ALL])
    one = stranger()
    proof = {"message": one.message(address=address), "signature": "0x" + "ab" * 100}
    answer = one.post("/accounts", {"phone": one.phone, "code": one.code(), **proof})
    assert answer.status_code == 201, answer.text
    assert answer.json()["account"]["address"].lower() == address.lower()
