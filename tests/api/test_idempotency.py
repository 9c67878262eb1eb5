"""Idempotency-Key: on every POST; the same request gets the same answer, another one is refused."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from pswallet.api import idempotency
from pswallet.api.idempotency import Answer, KeptTwice, Key
from pswallet.api.problems import IdempotencyKeyInUse, IdempotencyKeyReused
from pswallet.kit import clock
from pswallet.kit.db import Sessions, transaction
from pswallet.kit.vault import Vault
from tests.api.gateway import Member, code_of


def count(sessions: Sessions, table: str) -> int:
    with transaction(sessions) as session:
        found: int = session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
        return found


def test_the_same_key_and_body_get_the_same_answer(stranger: Any, sessions: Sessions) -> None:
    one = stranger()
    body = {"phone": one.phone, "code": one.code(), **one.proof()}
    first = one.post("/accounts", body, key="k")
    again = one.post("/accounts", body, key="k")
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert (count(sessions, "accounts"), count(sessions, "account_sessions")) == (1, 1)


def test_a_kept_refusal_is_the_same_answer_too(member: Member) -> None:
    first = member.post("/accounts/lookup", {"phone": "13900139000"}, key="k")
    again = member.post("/accounts/lookup", {"phone": "13900139000"}, key="k")
    assert (first.status_code, first.content) == (again.status_code, again.content) == (404, first.content)


def test_the_same_key_with_another_body_is_refused(member: Member) -> None:
    member.post("/accounts/lookup", {"phone": "13900139000"}, key="k")
    answer = member.post("/accounts/lookup", {"phone": "13900139001"}, key="k")
    assert (answer.status_code, code_of(answer)) == (409, "idempotency-key-reused")


def test_the_same_key_on_another_path_is_refused(member: Member) -> None:
    member.post("/accounts/lookup", {"phone": "13900139000"}, key="k")
    answer = member.post("/kyc/real-name", {"name": "曾小萍", "id_number": "440310199003070023"}, key="k")
    assert (answer.status_code, code_of(answer)) == (409, "idempotency-key-reused")


def test_keys_of_two_accounts_do_not_meet(member: Member, stranger: Any) -> None:
    other = stranger("other", "+8613800138001").register()
    member.post("/accounts/lookup", {"phone": "13900139000"}, key="k")
    assert other.post("/accounts/lookup", {"phone": "13800138000"}, key="k").status_code == 200


@pytest.mark.parametrize("key", ["", "x" * 129, "\u00e9"])
def test_a_post_without_a_proper_key_is_refused(member: Member, key: str) -> None:
    headers = {**member.bearer, "Idempotency-Key": key.encode()}
    answer = member.http.post("/v1/accounts/lookup", json={"phone": "13900139000"}, headers=headers)
    assert (answer.status_code, code_of(answer)) == (400, "idempotency-key-missing")


def test_a_key_has_at_most_128_characters(member: Member) -> None:
    assert member.post("/accounts/lookup", {"phone": "13800138000"}, key="x" * 128).status_code == 200


def test_every_post_asks_for_a_key(http: httpx.Client, make_app: Any) -> None:
    document = http.get("/openapi.json").json()
    posts = [(path, route["post"]) for path, route in document["paths"].items() if "post" in route]
    assert len(posts) > 8
    for path, route in posts:
        headers = [one["name"] for one in route.get("parameters", []) if one["in"] == "header"]
        assert "Idempotency-Key" in headers, path


def test_the_same_request_at_the_same_moment_takes_effect_once(stranger: Any, sessions: Sessions) -> None:
    one = stranger()
    body = {"phone": one.phone, "code": one.code(), **one.proof()}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: one.post("/accounts", body, key="k"), range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert count(sessions, "account_sessions") == 1


def test_waiting_is_never_kept(stranger: Any, sessions: Sessions) -> None:
    one = stranger()
    one.code()
    assert one.post("/codes", {"phone": one.phone}, key="k").status_code == 429
    with transaction(sessions) as session:
        session.execute(text("DELETE FROM phone_codes"))
    assert one.post("/codes", {"phone": one.phone}, key="k").status_code == 202


def test_a_failed_commit_keeps_no_answer(make_app: Any, stranger: Any, sessions: Sessions) -> None:
    one = stranger()
    with transaction(sessions) as session:
        session.execute(
            text("ALTER TABLE phone_codes ADD CONSTRAINT broken UNIQUE (phone_index) DEFERRABLE INITIALLY DEFERRED")
        )
        session.execute(
            text(
                "INSERT INTO phone_codes (id, phone_index, code_hash, sent_at, expires_at, tries)"
                " SELECT 'old', :i, '', '2020-01-01', '2020-01-01', 0"
            ),
            {"i": index_of(one)},
        )
    answer = one.post("/codes", {"phone": one.phone}, key="k")
    assert (answer.status_code, code_of(answer)) == (500, "gateway-failed")
    assert count(sessions, "kept_answers") == 0


def index_of(one: Member) -> str:
    found: str = one.sms.vault.index("phone", one.phone)
    return found


# --- lists of keys: what the group commit stands on --------------------------------------


def key(name: str, content: bytes = b"{}") -> Key:
    return Key("acc_1", name, idempotency.fingerprint(Vault(bytes(32)), "POST", "/v1/transfers", content))


def keep(sessions: Sessions, vault: Vault, *answers: tuple[Key, Answer]) -> None:
    with transaction(sessions) as session:
        idempotency.store_many(session, vault, answers, now=clock.now())


def test_a_list_of_keys_is_looked_up_at_once(sessions: Sessions, vault: Vault) -> None:
    keep(sessions, vault, (key("a"), Answer(202, b'{"id":1}')), (key("b"), Answer(409, b"{}")))
    with transaction(sessions) as session:
        found = idempotency.lookup_many(session, vault, [key("b"), key("new"), key("a"), key("a", b"other")])
    assert found[:3] == [Answer(409, b"{}"), None, Answer(202, b'{"id":1}')]
    assert isinstance(found[3], IdempotencyKeyReused)


def test_a_key_twice_in_one_list_is_new_once(sessions: Sessions, vault: Vault) -> None:
    with transaction(sessions) as session:
        found = idempotency.lookup_many(session, vault, [key("a"), key("a"), key("a", b"other")])
    assert found[0] is None
    assert isinstance(found[1], IdempotencyKeyInUse)
    assert isinstance(found[2], IdempotencyKeyReused)


def test_answers_that_may_change_are_not_kept(sessions: Sessions, vault: Vault) -> None:
    keep(sessions, vault, *[(key(str(status)), Answer(status, b"{}")) for status in (202, 401, 404, 429, 500, 503)])
    assert count(sessions, "kept_answers") == 2


def test_an_answer_kept_by_another_meanwhile_is_noticed(sessions: Sessions, vault: Vault) -> None:
    keep(sessions, vault, (key("a"), Answer(202, b"{}")))
    with pytest.raises(KeptTwice):
        keep(sessions, vault, (key("new"), Answer(202, b"{}")), (key("a"), Answer(202, b"{}")))
    assert count(sessions, "kept_answers") == 1


def test_kept_answers_are_sealed(sessions: Sessions, vault: Vault) -> None:
    keep(sessions, vault, (key("a"), Answer(202, b'{"token":"secret"}')))
    with transaction(sessions) as session:
        assert b"secret" not in bytes(session.execute(text("SELECT body FROM kept_answers")).scalar_one())
