"""Real-name checks: POST /v1/kyc/real-name, GET /v1/tiers. Every identity is synthetic."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from pswallet.chain import acts
from pswallet.chain.deploy import ROLE_DELAY_S
from pswallet.kit import clock
from pswallet.kit.db import Sessions, transaction
from pswallet.kyc import service
from pswallet.kyc.models import Tier
from pswallet.kyc.rules.documents import resident_check
from pswallet.vendors.identity import LIVE_FACE, STRANGER
from tests.api.gateway import Member, code_of
from tests.parts import Pipeline

NAME = {"name": "曾小萍", "id_number": "440310199003070023"}
CARD = {"bank_card": {"number": "6222020000000000000", "phone": "13800138000"}}
FACE = {"liveness_token": LIVE_FACE}


def check(member: Member, **claim: Any) -> Any:
    return member.post("/kyc/real-name", NAME | claim)


def test_name_and_number_give_the_basic_tier_on_chain(member: Member, pipeline: Pipeline) -> None:
    answer = check(member)
    assert (answer.status_code, answer.json()) == (202, {"tier_requested": 2})
    assert member.get("/accounts/me").json()["tier"] == 0
    pipeline.settle()
    me = member.get("/accounts/me").json()
    assert (me["tier"], me["masked_name"]) == (2, "*小萍")


def test_card_and_face_give_the_standard_tier(member: Member, pipeline: Pipeline) -> None:
    assert check(member, **CARD, **FACE).json() == {"tier_requested": 3}
    pipeline.settle()
    assert member.get("/accounts/me").json()["tier"] == 3


def test_the_proofs_may_come_one_by_one(member: Member, pipeline: Pipeline) -> None:
    assert check(member).json() == {"tier_requested": 2}
    assert check(member, **CARD).json() == {"tier_requested": 2}
    assert check(member, **FACE).json() == {"tier_requested": 3}
    pipeline.settle()
    assert member.get("/accounts/me").json()["tier"] == 3


def test_the_same_proof_again_asks_for_nothing(member: Member, sessions: Sessions) -> None:
    check(member)
    assert check(member).json() == {"tier_requested": 2}
    with transaction(sessions) as session:
        keys = session.execute(text("SELECT key FROM chain_calls ORDER BY id")).scalars().all()
    assert keys == [f"tier:{member.address}:1:1", f"tier:{member.address}:2:2"]


def test_one_document_serves_one_account(member: Member, stranger: Any) -> None:
    check(member)
    other = stranger("other", "+8613800138001").register()
    answer = check(other)
    assert (answer.status_code, code_of(answer)) == (409, "identity-in-use")


def test_an_account_keeps_its_document(member: Member) -> None:
    check(member)
    answer = check(member, id_number="440310199003070015")
    assert (answer.status_code, code_of(answer)) == (409, "identity-fixed")


def aged(years: int, days: int) -> str:
    today = clock.shanghai_day(clock.now())
    born = today.replace(year=today.year - years) + timedelta(days=days)
    first_17 = f"440310{born:%Y%m%d}002"
    return first_17 + resident_check(first_17)


def test_the_fourteenth_birthday_needs_no_guardian(member: Member) -> None:
    assert check(member, id_number=aged(14, 0)).status_code == 202


def test_a_day_before_it_a_guardian_must_consent(member: Member) -> None:
    answer = check(member, id_number=aged(14, 1))
    assert (answer.status_code, code_of(answer)) == (403, "guardian-consent-required")


@pytest.mark.parametrize(
    ("claim", "problem"),
    [
        ({"name": "X1"}, "name-invalid"),
        ({"id_number": "440310199003070016"}, "document-invalid"),
        ({"id_kind": "hkid", "id_number": "A123456(3)"}, "birth-date-missing"),
        ({"birth_date": "1990-03-08"}, "birth-date-invalid"),
        ({"name": STRANGER}, "identity-mismatch"),
        ({"bank_card": {"number": "6222020000000000001", "phone": "13800138000"}}, "card-invalid"),
        ({"bank_card": {"number": "6222020000000000018", "phone": "13800138000"}}, "card-mismatch"),
        ({"bank_card": {"number": "6222020000000000000", "phone": "12345678"}}, "phone-invalid"),
        ({"liveness_token": "a photograph"}, "face-mismatch"),
        ({"machine_line": "L898902C36UTO7408122F1204159ZE184226B<<<<<10"}, "document-invalid"),
        ({"id_kind": "driving-licence"}, "request-invalid"),
        ({"cvv": "123"}, "request-invalid"),
    ],
)
def test_a_flawed_claim_gives_a_named_problem_and_no_tier(
    member: Member, sessions: Sessions, claim: dict[str, Any], problem: str
) -> None:
    answer = check(member, **claim)
    assert code_of(answer) == problem
    with transaction(sessions) as session:
        assert session.execute(text("SELECT count(*) FROM checked_identities")).scalar_one() == 0
        assert session.execute(text("SELECT count(*) FROM chain_calls")).scalar_one() == 1  # the visitor's


def test_documents_without_a_birth_date_take_it_from_the_claim(member: Member) -> None:
    assert check(member, id_kind="hkid", id_number="A123456(3)", birth_date="1990-03-07").status_code == 202


def test_tiers_are_listed(member: Member) -> None:
    tiers = member.get("/tiers").json()["tiers"]
    assert [(tier["tier"], tier["per_day_fen"], tier["lifetime"]) for tier in tiers] == [
        (1, 100_000, True),
        (2, 500_000, False),
        (3, 5_000_000, False),
        (4, 10_000_000, False),
    ]


def test_a_tier_changes_on_its_day(sessions: Sessions) -> None:
    day = clock.from_unix(1_900_000_000)
    with transaction(sessions) as session:
        before = service.tiers_in_force(session, day)[0]
        changed = {**{column.key: getattr(before, column.key) for column in Tier.__table__.columns}}
        session.add(Tier(**changed | {"effective_from": day, "per_day_fen": 1}))
    with transaction(sessions) as session:
        assert service.tiers_in_force(session, day - timedelta(seconds=1))[0].per_day_fen == 100_000
        assert service.tiers_in_force(session, day)[0].per_day_fen == 1


def test_a_tier_that_is_due_and_not_enforced_is_told_until_the_act_is_done(
    member: Member, pipeline: Pipeline, sessions: Sessions, at_work: Any
) -> None:
    chain = pipeline.chain
    pipeline.settle()
    assert [tier["enforced"] for tier in member.get("/tiers").json()["tiers"]] == [True] * 4
    with transaction(sessions) as session:
        for since, per_day in ((clock.now(), 600_000), (clock.now() + timedelta(days=1), 1)):
            session.execute(
                text(
                    "INSERT INTO tiers SELECT tier, :since, name, max_balance_fen, per_payment_fen, :per_day,"
                    " per_year_fen, lifetime FROM tiers WHERE tier = 2 AND effective_from < '2021-01-01'"
                ),
                {"since": since, "per_day": per_day},
            )
    listed = {tier["tier"]: (tier["per_day_fen"], tier["enforced"]) for tier in member.get("/tiers").json()["tiers"]}
    assert listed == {1: (100_000, True), 2: (600_000, False), 3: (5_000_000, True), 4: (10_000_000, True)}
    ready = member.http.get("/readyz")
    assert (ready.status_code, ready.json()["tiers_not_enforced"]) == (200, [2])
    assert "pswallet_tiers_not_enforced 1.0" in member.http.get("/metrics").text

    act = acts.set_tier_limits(
        2, max_balance=1_000_000, per_payment=200_000, per_day=600_000, per_year=5_000_000, lifetime=False
    )
    assert chain.keys.admin is not None
    for announce in (True, False):  # neither unannounced nor before its 48 hours
        with pytest.raises(acts.ActRefused) as early:
            acts.carry_out(chain.rpc, chain.deployment, act, chain.keys.admin)
        assert early.value.name == "RoleDelayed"
        if announce:
            acts.schedule(chain.rpc, chain.deployment, act, chain.keys.admin)
    chain.move_time(ROLE_DELAY_S)
    acts.carry_out(chain.rpc, chain.deployment, act, chain.keys.admin)
    pipeline.settle()
    assert [tier["enforced"] for tier in member.get("/tiers").json()["tiers"]] == [True] * 4
    assert member.http.get("/readyz").json()["tiers_not_enforced"] == []
