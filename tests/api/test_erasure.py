"""POST /v1/privacy/erasure: a person is gone, and nobody else's history with it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from pswallet import audit
from pswallet.accounts import service as accounts
from pswallet.accounts.errors import AccountUnknown
from pswallet.api.tidying import tidy
from pswallet.kit import clock, trail
from pswallet.kit.db import Sessions, transaction
from pswallet.kit.vault import Vault
from pswallet.kyc import service as kyc
from pswallet.kyc.service import Claim, IdKind
from pswallet.notifications.service import OffChainNotice, notify_off_chain
from pswallet.privacy import officers, retention
from pswallet.privacy.proof import Proof, prove
from pswallet.vendors.identity import SandboxIdentity
from tests.api.campaigns import open_campaign
from tests.api.gateway import Member, code_of
from tests.api.leaving import BORN, CARD, NAME, NUMBER, check_name, forget_codes, leave, leave_body, rows_of_others
from tests.api.money import client_of, give, members, send
from tests.parts import DAY_S, Chain, Pipeline


@pytest.fixture
def prover(sessions: Sessions, vault: Vault) -> Callable[[Member], Proof]:
    def run(member: Member) -> Proof:
        with transaction(sessions) as session:
            return prove(session, vault, member.account["id"])

    return run


def erased(member: Member) -> dict[str, Any]:
    answer = leave(member)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def blocked(member: Member) -> dict[str, Any]:
    answer = leave(member)
    assert code_of(answer) == "erasure-blocked"
    found: dict[str, Any] = answer.json()
    return found


# --- the person is gone -------------------------------------------------------


def test_whoever_asked_for_nothing_yet_leaves_nothing(
    member: Member, pipeline: Pipeline, prover: Callable[[Member], Proof]
) -> None:
    pipeline.settle()
    assert not prover(member).holds
    done = erased(member)
    assert (done["account_id"], done["retained"]) == (member.account["id"], None)
    assert prover(member).holds, prover(member).claims
    pipeline.settle()


def test_the_session_ends_and_the_key_opens_no_other(member: Member) -> None:
    erased(member)
    assert code_of(member.get("/accounts/me")) == "session-invalid"
    assert code_of(member.post("/sessions", member.proof())) == "account-unknown"


def test_the_typed_client_leaves_too(member: Member, pipeline: Pipeline, prover: Callable[[Member], Proof]) -> None:
    pipeline.settle()
    forget_codes(member.sessions)
    person = client_of(member)
    assert person.erase(member.phone, member.code())["account_id"] == member.account["id"]
    assert person.token is None
    assert prover(member).holds, prover(member).claims


def test_the_chain_takes_the_registration_back(member: Member, pipeline: Pipeline, chain: Chain) -> None:
    pipeline.settle()
    erased(member)
    pipeline.settle()
    with transaction(pipeline.sessions) as session:
        tiers = (
            session.execute(
                text("SELECT tier FROM account_tiers WHERE address = :address ORDER BY block"),
                {"address": member.address},
            )
            .scalars()
            .all()
        )
    assert tiers == [1, 0]
    assert audit.run(chain.rpc.url, chain.deployment, database_url=pipeline.database_url).ok


def test_the_phone_and_the_document_serve_somebody_new(member: Member, stranger: Any, sessions: Sessions) -> None:
    check_name(member)
    erased(member)
    assert code_of(member.post("/accounts/lookup", {"phone": member.phone})) == "session-invalid"
    forget_codes(sessions)
    again = stranger("a new key", member.phone).register()
    check_name(again)
    assert again.account["id"] != member.account["id"]
    assert again.get("/accounts/me").json()["masked_name"] == "*美兰"


def test_a_used_address_is_nobodys_for_ever(member: Member, sessions: Sessions) -> None:
    erased(member)
    forget_codes(sessions)
    answer = member.post("/accounts", {"phone": member.phone, "code": member.code(), **member.proof()})
    assert code_of(answer) == "address-registered"


def test_a_lost_answer_comes_again(member: Member) -> None:
    body = leave_body(member)
    first, second = (member.post("/privacy/erasure", body, key="leave") for _ in range(2))
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()


def test_a_sign_in_that_was_under_way_opens_nothing(member: Member, sessions: Sessions) -> None:
    with transaction(sessions) as session:
        session.execute(text("CREATE TABLE under_way AS SELECT * FROM account_sessions"))
    erased(member)
    with transaction(sessions) as session:
        session.execute(text("INSERT INTO account_sessions SELECT * FROM under_way"))
    assert code_of(member.get("/accounts/me")) == "session-invalid"


def count(sessions: Sessions, query: str) -> int:
    """Ask in a transaction of its own: within one, PostgreSQL shows the activity of its first look for ever."""
    with transaction(sessions) as session:
        found: int = session.execute(text(query)).scalar_one()
    return found


def test_a_name_check_that_was_under_way_names_nobody(
    member: Member, sessions: Sessions, vault: Vault, stranger: Any
) -> None:
    claim = Claim(name=NAME, kind=IdKind.RESIDENT_ID, number=NUMBER)
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"

    def check() -> None:
        with transaction(sessions) as session:
            account = member.account["id"]
            kyc.check_real_name(session, vault, SandboxIdentity(), account_id=account, claim=claim, now=clock.now())

    with ThreadPoolExecutor(1) as pool:
        with transaction(sessions) as session:
            account = accounts.find_account(session, member.account["id"])
            session.refresh(account, with_for_update=True)
            kyc.forget(session, account_id=account.id)
            accounts.erase(session, account, now=clock.now())
            checked = pool.submit(check)
            while not count(sessions, waiting):
                assert not checked.done()
        with pytest.raises(AccountUnknown):
            checked.result()
    forget_codes(sessions)
    check_name(stranger("a new key", member.phone).register())


# --- who may ask ----------------------------------------------------------------


def test_a_message_that_was_signed_to_sign_in_erases_nobody(member: Member) -> None:
    answer = member.post("/privacy/erasure", leave_body(member, **member.proof()))
    assert code_of(answer) == "message-refused"
    assert answer.json()["reasons"] == ["statement"]
    assert member.get("/accounts/me").status_code == 200


def test_the_key_alone_erases_nobody(member: Member) -> None:
    body = leave_body(member)
    wrong = f"{(int(body['code']) + 1) % 1_000_000:06d}"
    assert code_of(member.post("/privacy/erasure", {**body, "code": wrong})) == "code-invalid"


def test_another_phone_erases_nobody(member: Member, stranger: Any) -> None:
    other = stranger("hua", "+8613911112222").register()
    stolen = leave_body(other)
    body = {**leave_body(member), "phone": other.phone, "code": stolen["code"]}
    assert code_of(member.post("/privacy/erasure", body)) == "account-unknown"


# --- what must be done first ------------------------------------------------------


def test_money_and_open_affairs_are_named(stranger: Any, pipeline: Pipeline) -> None:
    ping, hua = members(stranger, pipeline, "ping", "hua", fen=5_000)
    packet = give(ping, [hua], pipeline)
    send(hua, ping, 7)
    refusal = blocked(ping)
    assert refusal["reasons"] == ["balance", "pending_payments", "open_packets"]
    assert (refusal["balance_fen"], refusal["packets"]) == (4_000, [packet])
    assert ping.get("/accounts/me").status_code == 200


def test_a_share_that_is_owed_or_asked_for_is_named(stranger: Any, pipeline: Pipeline, chain: Chain) -> None:
    hua, ping = members(stranger, pipeline, "hua", "ping", fen=5_000)
    send(ping, hua, 5_000)
    pipeline.settle()
    packet = give(hua, [ping], pipeline)
    assert ping.post(f"/red-packets/{packet}/claims", {}).status_code == 202
    assert (blocked(ping)["reasons"], blocked(ping)["packets"]) == (["open_packets"], [packet])
    chain.token(chain.keys.compliance, "freeze", [ping.address])
    pipeline.settle()
    chain.token(chain.keys.compliance, "unfreeze", [ping.address])
    pipeline.settle()
    assert ping.get(f"/red-packets/{packet}/claims/mine").json()["status"] == "owed"
    assert blocked(ping)["reasons"] == ["open_packets"]
    assert ping.post(f"/red-packets/{packet}/collect", {}).status_code == 202
    pipeline.settle()
    assert blocked(ping)["reasons"] == ["balance"]


def test_an_invitation_holds_nobody_back(stranger: Any, pipeline: Pipeline) -> None:
    hua, ping = members(stranger, pipeline, "hua", "ping", fen=0)
    pipeline.chain.fund(hua, fen=5_000)
    pipeline.settle()
    give(hua, [ping], pipeline)
    assert leave(ping).status_code == 200


def test_a_frozen_account_stays(stranger: Any, pipeline: Pipeline) -> None:
    (ping,) = members(stranger, pipeline, "ping", fen=0)
    pipeline.chain.token(pipeline.chain.keys.compliance, "freeze", [ping.address])
    pipeline.settle()
    assert blocked(ping)["reasons"] == ["frozen"]


def test_money_that_waits_at_the_bank_is_named(member: Member, pipeline: Pipeline) -> None:
    pipeline.settle()
    paid = {"entry": "b-1", "address": member.address, "amount_fen": 500}
    assert member.post("/sandbox/bank-entries", paid).status_code == 202
    refusal = blocked(member)
    assert (refusal["reasons"], refusal["bank_entries"]) == (["bank_entries"], ["b-1"])


def test_a_campaign_of_ones_own_is_named_until_its_rest_is_back(stranger: Any, pipeline: Pipeline) -> None:
    (city,) = members(stranger, pipeline, "city", tier=6, fen=20_000)
    campaign = open_campaign(city, pipeline)
    refusal = blocked(city)
    assert (refusal["reasons"], refusal["campaigns"]) == (["open_campaigns"], [campaign])
    pipeline.chain.move_time(DAY_S)
    pipeline.settle()
    assert city.post(f"/campaigns/{campaign}/close").status_code == 202
    pipeline.settle()
    assert blocked(city)["reasons"] == ["balance"]


# --- everybody else ---------------------------------------------------------------


def test_everybody_elses_rows_stay_as_they_were(
    stranger: Any, pipeline: Pipeline, chain: Chain, prover: Callable[[Member], Proof]
) -> None:
    ping, hua = members(stranger, pipeline, "ping", "hua", fen=5_000)
    check_name(ping)
    give(hua, [ping], pipeline)
    send(ping, hua, 5_000)
    pipeline.settle()
    lists = ("/activity", "/red-packets?role=given", "/balance")
    before = rows_of_others(pipeline.sessions, ping.address, ping.account["id"])
    seen = [hua.get(path).json() for path in lists]
    erased(ping)
    assert rows_of_others(pipeline.sessions, ping.address, ping.account["id"]) == before
    assert [hua.get(path).json() for path in lists] == seen
    pipeline.settle()
    assert audit.run(chain.rpc.url, chain.deployment, database_url=pipeline.database_url).ok
    proof = prover(ping)
    assert proof.holds, proof.claims
    assert "1 of 1 payments stand in the history of the 1 others" in [told for _, told, _ in proof.claims]


def test_a_reminder_that_came_too_late_is_swept_away(
    member: Member, sessions: Sessions, prover: Callable[[Member], Proof]
) -> None:
    erased(member)
    with transaction(sessions) as session:
        notify_off_chain(session, [OffChainNotice(member.address, "payment-requested", {})])
        notify_off_chain(session, [OffChainNotice("0x01", "payment-requested", {})])
    assert not prover(member).holds
    tidy(sessions, now=clock.now())
    assert prover(member).holds
    with transaction(sessions) as session:
        assert session.execute(text("SELECT address FROM off_chain_notifications")).scalars().all() == ["0x01"]


def test_a_name_that_is_gone_hides_nobody_elses_packet(
    stranger: Any, pipeline: Pipeline, prover: Callable[[Member], Proof]
) -> None:
    ping, hua = members(stranger, pipeline, "ping", "hua", fen=5_000)
    check_name(ping)
    packet = give(hua, [ping], pipeline)
    ping.post(f"/red-packets/{packet}/claims", {})
    pipeline.settle()
    (line,) = hua.get(f"/red-packets/{packet}/claims").json()["items"]
    assert line["masked_name"] == "*美兰"
    send(ping, hua, 6_000)
    pipeline.settle()
    erased(ping)
    (line,) = hua.get(f"/red-packets/{packet}/claims").json()["items"]
    assert (line["account"], line["masked_name"]) == (ping.address, None)
    assert prover(ping).holds, prover(ping).claims


# --- what the law keeps -------------------------------------------------------------


def test_what_the_law_keeps_is_locked_for_the_operators_alone(
    member: Member, sessions: Sessions, chain: Chain, vault: Vault
) -> None:
    check_name(member)
    done = erased(member)
    assert done["retained"]["until"] == done["erased_at"].replace(done["erased_at"][:4], str(clock.now().year + 10))
    with transaction(sessions) as session:
        everything = session.execute(text("SELECT t::text FROM retained_records AS t")).scalar_one()
    assert not any(clear in everything for clear in (NAME, NUMBER, CARD, member.phone))
    assert chain.keys.retention is not None
    kept = officers.show_kept(sessions, chain.keys.retention, member.account["id"], by="ann", reason="an inquiry")
    assert (kept["name"], kept["number"], kept["card"], kept["birth_date"]) == (NAME, NUMBER, CARD, BORN)
    assert (kept["phone"], kept["address"]) == (member.phone, member.address)
    with transaction(sessions) as session:
        acts = [entry.act for entry in trail.entries_about(session, member.account["id"])]
    assert acts == ["erase-person", "show-retained"]


def test_who_paid_without_a_name_is_kept_too(stranger: Any, pipeline: Pipeline) -> None:
    ping, hua = members(stranger, pipeline, "ping", "hua", fen=300)
    send(ping, hua, 300)
    pipeline.settle()
    assert erased(ping)["retained"]["fields"] == ["address", "phone"]


def test_a_record_is_destroyed_at_its_date_and_not_a_second_before(member: Member, sessions: Sessions) -> None:
    check_name(member)
    erased(member)
    with transaction(sessions) as session:
        kept = retention.find_retained(session, member.account["id"])
        assert kept is not None
        ends_at = kept.ends_at
    for moment, destroyed in ((ends_at - timedelta(seconds=1), None), (ends_at, ends_at)):
        tidy(sessions, now=moment)
        with transaction(sessions) as session:
            kept = retention.find_retained(session, member.account["id"])
            assert kept is not None
            assert kept.destroyed_at == destroyed
            assert (kept.locked is None) is (destroyed is not None)
            assert trail.verify(session).number == (2 if destroyed else 1)


def test_without_a_retention_key_nobody_is_erased_whom_the_law_keeps(
    make_app: Any, member: Member, sessions: Sessions
) -> None:
    from tests.api.gateway import serve

    check_name(member)
    with serve(make_app(retention_key=None)) as http:
        member.http = http
        assert code_of(leave(member)) == "retention-key-missing"
        assert member.get("/accounts/me").json()["masked_name"] == "*美兰"
