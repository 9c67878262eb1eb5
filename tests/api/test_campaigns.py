"""Campaigns over HTTP: opened by a sponsor, claimed by winners, seen by everybody, closed by anybody."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.api.campaigns import SHOP, WORDS, campaign_body, list_winners, open_campaign
from tests.api.gateway import Member, code_of
from tests.api.money import members
from tests.parts import DAY_S, Pipeline


@pytest.fixture
def sponsor(stranger: Any, pipeline: Pipeline) -> Member:
    """A district with ¥1,000.00."""
    return members(stranger, pipeline, "district", tier=6)[0]


def claim(member: Member, campaign: str) -> Any:
    return member.post(f"/campaigns/{campaign}/vouchers", {})


def test_a_winner_claims_its_vouchers_and_sees_them(sponsor: Member, stranger: Any, pipeline: Pipeline) -> None:
    (ann,) = members(stranger, pipeline, "ann", fen=0)
    campaign = open_campaign(sponsor, pipeline)
    assert ann.get("/vouchers").json() == {"items": []}
    list_winners(pipeline, campaign, ann)
    (won,) = ann.get("/vouchers").json()["items"]
    assert (won["status"], won["waiting"], won["left_fen"]) == ("winner", 1, 0)
    answer = claim(ann, campaign)
    assert answer.status_code == 202
    assert answer.json() == {
        "campaign": campaign, "account": ann.address, "count": 1, "amount_fen": 2_000, "status": "submitted",
    }  # fmt: skip
    assert ann.get("/vouchers").json()["items"][0]["status"] == "submitted"
    pipeline.settle()
    (held,) = ann.get("/vouchers").json()["items"]
    assert (held["status"], held["left_fen"], held["count"], held["waiting"]) == ("held", 2_000, 1, 0)
    assert (held["names"], held["minimum_spend_fen"], held["divisible"]) == (WORDS, 0, True)


def test_everybody_sees_a_campaign_and_its_shops(sponsor: Member, stranger: Any, pipeline: Pipeline) -> None:
    (bob,) = members(stranger, pipeline, "bob", fen=0)
    campaign = open_campaign(sponsor, pipeline)
    shown = bob.get(f"/campaigns/{campaign}").json()
    assert (shown["status"], shown["issued_fen"], shown["lists"]) == ("open", 0, [])
    assert bob.get(f"/campaigns/{campaign}/shops").json() == {
        "items": [{"merchant": SHOP, "category": 5812}],
        "after": None,
    }


def test_the_rest_goes_back_after_the_end_and_not_before(sponsor: Member, stranger: Any, pipeline: Pipeline) -> None:
    (bob,) = members(stranger, pipeline, "bob", fen=0)
    campaign = open_campaign(sponsor, pipeline)
    assert code_of(bob.post(f"/campaigns/{campaign}/close", {})) == "campaign-not-ended"
    pipeline.chain.move_time(DAY_S)
    pipeline.settle()
    assert bob.post(f"/campaigns/{campaign}/close", {}).status_code == 202
    pipeline.settle()
    assert bob.get(f"/campaigns/{campaign}").json()["status"] == "closed"
    assert pipeline.chain.balance(sponsor.address) == 100_000


def test_a_campaign_that_somebody_else_signed_is_refused(sponsor: Member, stranger: Any, pipeline: Pipeline) -> None:
    (other,) = members(stranger, pipeline, "other district", tier=6)
    body = campaign_body(sponsor, pipeline)
    body["signature"] = campaign_body(other, pipeline)["signature"]
    assert code_of(sponsor.post("/campaigns", body)) == "signature-invalid"


def test_of_many_claims_at_once_each_winner_gets_one_and_the_budget_holds(
    sponsor: Member, stranger: Any, pipeline: Pipeline
) -> None:
    """Six winners, four tries each in parallel, vouchers for four of them."""
    people = members(stranger, pipeline, *(f"winner {number}" for number in range(6)), fen=0)
    campaign = open_campaign(sponsor, pipeline, budget=8_000)
    list_winners(pipeline, campaign, *people)
    with ThreadPoolExecutor(24) as threads:
        answers = list(threads.map(lambda member: claim(member, campaign), people * 4))
    accepted = [answer for answer in answers if answer.status_code == 202]
    assert len(accepted) == 4
    assert {code_of(answer) for answer in answers if answer.status_code != 202} == {
        "campaign-exhausted",
        "vouchers-already-issued",
    }
    pipeline.settle()
    shown = sponsor.get(f"/campaigns/{campaign}").json()
    assert shown["issued_fen"] == 8_000
