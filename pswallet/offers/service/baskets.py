"""Baskets: what a merchant rings up. Whose price it is: the merchant's, and nobody else's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy.orm import Session

from pswallet.accounts.service import standing
from pswallet.kit.ids import new_id
from pswallet.kit.money import Fen
from pswallet.offers.errors import BasketTooLarge, MerchantRequired
from pswallet.offers.models import Basket
from pswallet.offers.rules.terms import MAX_BASKET, Item

MERCHANT_TIER, SPONSOR_TIER = 5, 6
"""Of the chain: who may have offers, and of which layers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RingUp:
    """A merchant's items and their prices."""

    merchant: str
    items: Sequence[Item]
    till: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class BasketView:
    """A basket; its price is the sum of its items'."""

    id: str
    merchant: str
    items: tuple[Item, ...]
    price_fen: Fen
    till: str | None
    reference: str | None
    created_at: datetime


def ring_up(session: Session, command: RingUp, *, now: datetime) -> BasketView:
    """Keep a merchant's basket. `now` is the last indexed block's time. Raises MerchantRequired, BasketTooLarge."""
    if seller_tier(session, command.merchant) != MERCHANT_TIER:
        raise MerchantRequired(account=command.merchant)
    price = sum(item.price for item in command.items)
    if price > MAX_BASKET:
        raise BasketTooLarge(attempted=price, limit=MAX_BASKET)
    basket = Basket(
        id=new_id("bsk"),
        merchant=command.merchant,
        items=msgspec.to_builtins(list(command.items)),
        price_fen=price,
        till=command.till,
        reference=command.reference,
        created_at=now,
    )
    session.add(basket)
    session.flush()
    return view_of(basket)


def seller_tier(session: Session, address: str) -> int:
    """Return the chain's tier of who wants to act as a merchant or sponsor: the one place that says who is one."""
    return standing(session, [address])[address].tier


def view_of(basket: Basket) -> BasketView:
    """Return what a row holds."""
    items = msgspec.convert(basket.items, tuple[Item, ...])
    return BasketView(
        basket.id, basket.merchant, items, Fen(basket.price_fen), basket.till, basket.reference, basket.created_at
    )
