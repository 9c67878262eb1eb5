"""Over HTTP: what codes may pay in a day holds for orders and for stickers, and one sees what is left."""

from typing import Any

import pytest

from tests.api import selling
from tests.api.gateway import Member, code_of
from tests.api.money import members, send
from tests.api.test_orders import open_order, pay
from tests.parts import Pipeline


@pytest.fixture
def merchant(stranger: Any, pipeline: Pipeline) -> Member:
    return members(stranger, pipeline, "tea house", tier=5, fen=0)[0]


@pytest.fixture
def ann(stranger: Any, pipeline: Pipeline) -> Member:
    return members(stranger, pipeline, "ann")[0]


def spent(member: Member, kind: str) -> dict[str, int]:
    items = member.get("/code-limits").json()["items"]
    return {one["level"]: one["spent_fen"] for one in items if one["kind"] == kind}


def test_what_one_set_bounds_ones_orders(ann: Member, merchant: Member, pipeline: Pipeline) -> None:
    ann.post("/code-limits", {"per_day_fen": 2_880})
    first, second = (open_order(merchant, reference, amount=2_880).json() for reference in ("1", "2"))
    assert pay(ann, first).status_code == 202
    refused = pay(ann, second)
    assert (refused.status_code, code_of(refused)) == (409, "code-limit-exceeded")
    told = refused.json()
    assert [told[name] for name in ("kind", "level", "limit_fen", "spent_fen", "attempted_fen")] == [
        *("dynamic", "A", 2_880, 2_880, 2_880)
    ]
    pipeline.settle()
    assert spent(ann, "dynamic") == {"A": 2_880, "B": 0, "C": 0}
    ann.post("/code-limits", {"per_day_fen": 5_760})
    assert pay(ann, second).status_code == 202, "the refused signature was not kept"


def test_a_sticker_has_its_limit_whatever_one_set(ann: Member, merchant: Member) -> None:
    ann.post("/code-limits", {"per_day_fen": 800_000})
    assert send(ann, merchant, 20_000).status_code == 202
    assert code_of(send(ann, merchant, 30_001)) == "code-limit-exceeded"
    assert send(ann, merchant, 30_000).status_code == 202
    assert spent(ann, "static") == {"A": 50_000, "B": 0, "C": 0}


def test_of_an_order_that_others_help_to_pay_ones_own_money_counts(
    ann: Member, stranger: Any, pipeline: Pipeline
) -> None:
    shop, city = selling.tea_house(stranger, pipeline), selling.sponsor(stranger, pipeline, "city")
    campaign = selling.campaign(city, pipeline, ann)
    ann.post("/code-limits", {"per_day_fen": 880})
    asked = selling.order(shop, 2_880)
    assert selling.pay(ann, asked, [selling.voucher_part(ann, campaign, 1_999)]).json()["spent_fen"] == 0
    assert selling.pay(ann, asked, [selling.voucher_part(ann, campaign, 2_000)]).status_code == 202
    assert spent(ann, "dynamic")["A"] == 880
    other = selling.order(shop, 1, reference="another")
    assert code_of(pay(ann, other)) == "code-limit-exceeded"
