"""What of an account's vouchers an order can be paid with: asked by whoever prepares payments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from pswallet.chain import funded
from pswallet.kit.clock import to_unix
from pswallet.kit.money import Fen
from pswallet.kit.rows import array_literal
from pswallet.vouchers import errors, rules
from pswallet.vouchers.models import ListedShop
from pswallet.vouchers.service.winners import require_campaign


@dataclass(frozen=True, slots=True)
class Shop:
    """A merchant's place on a campaign's list, as CityVoucher.Shop takes it."""

    category: int
    proof: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Spendable:
    """What of a campaign can go into an order, and how it is shown to the contract.

    `refusal` names the error why it is nothing; then `value_fen` is 0. `shop` is None where the merchant is not listed.
    """

    campaign: str
    terms: funded.Campaign
    value_fen: Fen
    refusal: str | None
    shop: Shop | None


LEFT = "sum(CASE e.kind WHEN 'spent' THEN -e.value_fen WHEN 'returned' THEN 0 ELSE e.value_fen END)"
"""In SQL, of an account's `voucher_entries` `e`: what can be spent still [fen]; orders that wait are not counted."""

_HELD = text(
    f"""
    SELECT p.id, p.terms, l.category, l.proof, h.left_fen FROM (
        SELECT e.campaign, {LEFT} AS left_fen FROM voucher_entries e WHERE e.account = :account GROUP BY e.campaign
    ) AS h JOIN campaigns p ON p.id = h.campaign
    LEFT JOIN listed_shops l ON l.root = p.shops AND l.merchant = :merchant
    WHERE h.left_fen > 0 ORDER BY p.ends_at, p.id
    """  # noqa: S608 - our own words
)


def proof_for(session: Session, campaign: str, merchant: str) -> Shop:
    """Return the merchant's place on the campaign's list. Raises CampaignUnknown, MerchantNotAllowed."""
    root = require_campaign(session, campaign).shops
    found = session.get(ListedShop, (root, merchant))
    if found is None:
        raise errors.MerchantNotAllowed(merchant=merchant)
    return Shop(found.category, found.proof)


def spendable(session: Session, account: str, *, merchant: str, price: Fen, now: datetime) -> list[Spendable]:
    """Return what of each campaign `account` could spend on an order of `price` fen, the one that ends first first.

    `now` is the last indexed block's time. Orders that wait for the chain are not counted: who leaves them does that.
    """
    found = []
    for row in session.execute(_HELD, {"account": account, "merchant": merchant}):
        terms = funded.Campaign.from_json(row.terms)
        shop = None if row.category is None else Shop(row.category, row.proof)
        offer = rules.spendable_of(
            _holding(row.id, terms, int(row.left_fen)), price=price, listed=shop is not None, now=to_unix(now)
        )
        found.append(
            Spendable(campaign=row.id, terms=terms, value_fen=Fen(offer.value), refusal=offer.refusal, shop=shop)
        )
    return found


@dataclass(frozen=True, slots=True)
class Wanted:
    """`value` fen of a campaign's vouchers, for an order whose price before this part is `price` fen.

    `left`: what of them its payer can spend still [fen], see `LEFT`; what waits is taken off by who asks.
    """

    left: int
    merchant: str
    campaign: str
    value: Fen
    price: Fen


@dataclass(frozen=True, slots=True)
class Held:
    """What stands behind a wanted part: the campaign, the shop's place on its list, and why it cannot be spent."""

    terms: funded.Campaign | None
    shop: Shop | None
    refusal: str | None


_WANTED = text(
    """
    SELECT p.terms, l.category, l.proof
    FROM unnest(CAST(:merchants AS text[]), CAST(:campaigns AS text[]))
        WITH ORDINALITY AS asked(merchant, campaign, place)
    LEFT JOIN campaigns p ON p.id = asked.campaign
    LEFT JOIN listed_shops l ON l.root = p.shops AND l.merchant = asked.merchant
    ORDER BY asked.place
    """
)


def held(session: Session, wanted: Sequence[Wanted], *, now: datetime) -> list[Held]:
    """Return for each wanted part what stands behind it. `now` is the last indexed block's time."""
    asked = {
        "merchants": array_literal([one.merchant for one in wanted]),
        "campaigns": array_literal([one.campaign for one in wanted]),
    }
    rows = session.execute(_WANTED, asked).all() if wanted else []
    found = []
    for one, row in zip(wanted, rows, strict=True):
        if row.terms is None:
            found.append(Held(None, None, "CampaignUnknown"))
            continue
        terms = funded.Campaign.from_json(row.terms)
        shop = None if row.category is None else Shop(row.category, row.proof)
        holding = _holding(one.campaign, terms, one.left)
        refusal = rules.refusal(holding, one.value, price=one.price, listed=shop is not None, now=to_unix(now))
        found.append(Held(terms, shop, refusal))
    return found


def _holding(campaign: str, terms: funded.Campaign, left: int) -> rules.Holding:
    return rules.Holding(
        campaign=campaign,
        left=left,
        face=terms.face,
        start=terms.start,
        end=terms.end,
        minimum_spend=terms.minimum_spend,
        divisible=terms.divisible,
    )
