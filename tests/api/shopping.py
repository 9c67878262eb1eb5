"""A shop's offer, a basket, and a quote on it, through the gateway's routes."""

from typing import Any

from tests.api.gateway import Member

EVER = {"starts_at": "2020-01-01T00:00:00Z", "ends_at": "2999-01-01T00:00:00Z"}
FIVE_OFF = {"kind": "instant", "steps": [{"reach_fen": None, "less_fen": 5}]}


def offer(shop: Member) -> str:
    """5 fen off for each person once; return its id."""
    answer = shop.post("/offers", {"terms": FIVE_OFF, "budget_fen": 500, "per_person": 1, **EVER})
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["id"]
    return made


def basket(shop: Member, name: str = "擂茶") -> str:
    """A tea for ¥7; return its basket's id."""
    answer = shop.post("/baskets", {"items": [{"code": "tea", "name": name, "unit_price_fen": 700}]})
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["id"]
    return made


def quote_body(basket_id: str) -> dict[str, Any]:
    """Ask for the best price of such a basket."""
    return {"basket_id": basket_id, "price_fen": 700}


def quote(payer: Member, basket_id: str) -> str:
    """Quote a basket; return the quote's id."""
    answer = payer.post("/quotes", quote_body(basket_id))
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["id"]
    return made
