"""Offers: made and withdrawn by their owner, a merchant or a sponsor, and listed for everybody."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, any_, or_, select
from sqlalchemy.orm import Session

from pswallet.kit.ids import new_id
from pswallet.kit.money import Fen
from pswallet.offers.errors import MerchantRequired, OfferTermsInvalid, OfferUnknown
from pswallet.offers.models import Offer, OfferCount
from pswallet.offers.rules.terms import FUNDERS, Funder, Kind, Layer, Terms, wrong_terms
from pswallet.offers.service.baskets import MERCHANT_TIER, SPONSOR_TIER, seller_tier

_LAYERS = {
    MERCHANT_TIER: frozenset({Layer.ITEM, Layer.DISCOUNT, Layer.REDUCTION, Layer.CASHBACK}),
    SPONSOR_TIER: frozenset({Layer.VOUCHER, Layer.POINTS, Layer.PACKET, Layer.CASHBACK}),
}
"""Which layers an owner's offers may stand on: a merchant gives of its own price, a sponsor of its own money."""
_PAID = frozenset({Layer.VOUCHER, Layer.POINTS, Layer.PACKET})
"""Layers whose money comes out of a budget or a campaign of the chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How many quotes may use an offer: in all, a day, a person, a person a day; None: any number."""

    uses: int | None = None
    per_day: int | None = None
    per_person: int | None = None
    per_person_a_day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeOffer:
    """An offer that its owner wants to make. Id, funder and seed of `terms` are given here, not by the owner."""

    owner: str
    terms: Terms
    starts_at: datetime
    ends_at: datetime
    budget_fen: Fen
    caps: Caps = field(default_factory=Caps)
    merchants: Sequence[str] = ()
    fund: str | None = None


@dataclass(frozen=True, slots=True)
class OfferView:
    """An offer, and what of it is reserved or used. `seed` is None until it has ended."""

    terms: Terms
    owner: str
    fund: str | None
    merchants: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    withdrawn_at: datetime | None
    budget_fen: Fen
    caps: Caps
    taken_fen: Fen
    uses: int
    seed_hash: str | None
    seed: str | None


@dataclass(frozen=True, slots=True)
class OfferPage:
    """A page of offers; `older` is the id before which the next page begins, None at the end."""

    offers: list[OfferView]
    older: str | None


def create_offer(session: Session, command: MakeOffer, *, now: datetime) -> OfferView:
    """Make an offer. `now` is the last indexed block's time, here and below.

    Raises MerchantRequired, OfferTermsInvalid.
    """
    tier = seller_tier(session, command.owner)
    if tier not in _LAYERS:
        raise MerchantRequired(account=command.owner)
    terms = _complete(command.terms, tier)
    wrong = wrong_terms(terms) or _wrong_frame(command, tier, now)
    if wrong:
        raise OfferTermsInvalid(field=wrong)
    offer = Offer(
        id=terms.id,
        owner=command.owner,
        fund=command.fund,
        terms=msgspec.to_builtins(replace(terms, seed=b"")),
        seed=terms.seed or None,
        merchants=[command.owner] if tier == MERCHANT_TIER else sorted(set(command.merchants)),
        starts_at=command.starts_at,
        ends_at=command.ends_at,
        budget_fen=command.budget_fen,
        uses=command.caps.uses,
        per_day=command.caps.per_day,
        per_person=command.caps.per_person,
        per_person_a_day=command.caps.per_person_a_day,
        created_at=now,
    )
    session.add(offer)
    session.flush()
    return _views(session, [offer], now)[0]


def _complete(terms: Terms, tier: int) -> Terms:
    own = Funder.MERCHANT if tier == MERCHANT_TIER else Funder.PLATFORM
    seed = secrets.token_bytes(32) if terms.kind is Kind.RANDOM else b""
    return replace(terms, id=new_id("ofr"), funder=FUNDERS.get(terms.layer, own), seed=seed)


def _wrong_frame(command: MakeOffer, tier: int, now: datetime) -> str | None:
    """Return what does not fit around the terms, or None."""
    checks = {
        "layer": command.terms.layer in _LAYERS[tier],
        "fund": (command.fund is not None) is (command.terms.layer in _PAID),
        "merchants": tier == SPONSOR_TIER or set(command.merchants) <= {command.owner},
        "ends_at": max(now, command.starts_at) < command.ends_at,
    }
    return next((name for name, fits in checks.items() if not fits), None)


def withdraw_offer(session: Session, offer_id: str, *, owner: str, now: datetime) -> OfferView:
    """End an offer before its time: open quotes keep what they were promised. Raises OfferUnknown."""
    offer = session.scalar(select(Offer).where(Offer.id == offer_id, Offer.owner == owner).with_for_update())
    if offer is None:
        raise OfferUnknown(id=offer_id)
    offer.withdrawn_at = offer.withdrawn_at or now
    session.flush()
    return _views(session, [offer], now)[0]


def find_offer(session: Session, offer_id: str, *, now: datetime) -> OfferView:
    """Return an offer, to anybody: it is public. Raises OfferUnknown."""
    offer = session.get(Offer, offer_id)
    if offer is None:
        raise OfferUnknown(id=offer_id)
    return _views(session, [offer], now)[0]


def offers_open(session: Session, *, merchant: str | None, now: datetime, before: str | None, limit: int) -> OfferPage:
    """Return up to `limit` offers that are good at `now` (at `merchant`, if one is named), newest first."""
    return _page(session, _open(now) if merchant is None else open_at(merchant, now), now, before, limit)


def offers_of(session: Session, owner: str, *, now: datetime, before: str | None, limit: int) -> OfferPage:
    """Return up to `limit` offers that `owner` has ever made, newest first."""
    return _page(session, Offer.owner == owner, now, before, limit)


def open_at(merchant: str, now: datetime) -> ColumnElement[bool]:
    """Return the condition that an offer is good at `merchant` at `now`."""
    return _open(now) & or_(Offer.merchants == [], any_(Offer.merchants) == merchant)


def _open(now: datetime) -> ColumnElement[bool]:
    return (Offer.starts_at <= now) & (now < Offer.ends_at) & Offer.withdrawn_at.is_(None)


def _page(session: Session, condition: ColumnElement[bool], now: datetime, before: str | None, limit: int) -> OfferPage:
    query = select(Offer).where(condition).order_by(Offer.id.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(Offer.id < before)
    found = list(session.scalars(query))
    page = found[:limit]
    return OfferPage(_views(session, page, now), page[-1].id if len(found) > limit else None)


def terms_of(offer: Offer) -> Terms:
    """Return the terms that a row holds."""
    return replace(msgspec.convert(offer.terms, Terms), seed=offer.seed or b"")


def _views(session: Session, offers: Sequence[Offer], now: datetime) -> list[OfferView]:
    counts = _counts(session, [offer.id for offer in offers])
    return [_view(offer, counts.get(offer.id), now) for offer in offers]


def _counts(session: Session, ids: Sequence[str]) -> Mapping[str, OfferCount]:
    """Return the counts in all: one's own counts are nobody else's to see."""
    query = select(OfferCount).where(OfferCount.offer_id.in_(ids), OfferCount.person == "", OfferCount.day == "")
    fresh = query.execution_options(populate_existing=True)  # counted by statements that pass the session by
    return {count.offer_id: count for count in session.scalars(fresh)}


def _view(offer: Offer, count: OfferCount | None, now: datetime) -> OfferView:
    terms = terms_of(offer)
    over = now >= min(offer.ends_at, offer.withdrawn_at or offer.ends_at)
    return OfferView(
        terms=replace(terms, seed=b""),
        owner=offer.owner,
        fund=offer.fund,
        merchants=tuple(offer.merchants),
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        withdrawn_at=offer.withdrawn_at,
        budget_fen=Fen(offer.budget_fen),
        caps=Caps(
            uses=offer.uses,
            per_day=offer.per_day,
            per_person=offer.per_person,
            per_person_a_day=offer.per_person_a_day,
        ),
        taken_fen=Fen(count.value_fen if count else 0),
        uses=count.uses if count else 0,
        seed_hash="0x" + hashlib.sha256(terms.seed).hexdigest() if terms.seed else None,
        seed="0x" + terms.seed.hex() if terms.seed and over else None,
    )
