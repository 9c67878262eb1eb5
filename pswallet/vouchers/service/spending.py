"""What of an account's vouchers an order can be paid with: asked by whoever prepares payments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from pswallet.chain import funded
from pswallet.kit.clock import to_unix
from pswallet.kit.money import Fen
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


_HELD = text(
    """
    SELECT p.id, p.terms, l.category, l.proof, h.left_fen FROM (
        SELECT e.campaign,
            sum(CASE e.kind WHEN 'spent' THEN -value_fen WHEN 'returned' THEN 0 ELSE value_fen END) AS left_fen
        FROM voucher_entries e WHERE e.account = :account GROUP BY e.campaign
    ) AS h JOIN campaigns p ON p.id = h.campaign
    LEFT JOIN listed_shops l ON l.root = p.shops AND l.merchant = :merchant
    WHERE h.left_fen > 0 ORDER BY p.ends_at, p.id
    """
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
