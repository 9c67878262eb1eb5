"""A market for the tests of offers: a merchant, a sponsor and payers on a chain, and what they do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pswallet.kit.money import Fen
from pswallet.kit.problems import Problem
from pswallet.offers import service
from pswallet.offers.rules.terms import Item, Means, Terms
from pswallet.offers.service import Caps, OfferView, QuoteView
from pswallet.points import projection as earned
from pswallet.points.rules import PaidOrder
from tests.features.money import Town, name
from tests.features.offering import basket
from tests.parts import Person

FUND = "0x" + "ab" * 32
NOTHING = Means()


@dataclass
class Market:
    """One merchant, one sponsor; `ping` pays."""

    town: Town

    def __post_init__(self) -> None:
        (self.shop,) = self.town.people("shop", tier=5, fen=0)
        (self.city,) = self.town.people("city", tier=6, fen=0)
        self.ping = Person("ping")  # a quote asks for no balance
        self.ahead = timedelta(0)
        self.granted = 0
        self.standing: datetime | None = None
        """Where the chain's clock stands still, if it does: threads need not ask for it."""

    @property
    def now(self) -> datetime:
        """The chain's time, moved by `ahead`."""
        return self.standing or self.town.now + self.ahead

    def offer(
        self,
        terms: Terms,
        *,
        by: Person | None = None,
        starts_in_s: int = 0,
        lasts_s: int = 3_600,
        budget: int = 10**9,
        merchants: Sequence[Person] = (),
        fund: str | None = None,
        **caps: int,
    ) -> OfferView:
        """Make an offer by the merchant, or by the sponsor where its layer asks for one."""
        paid = terms.layer.value in ("voucher", "points", "packet")
        starts = self.now + timedelta(seconds=starts_in_s)
        command = service.MakeOffer(
            owner=(by or (self.city if paid else self.shop)).address,
            terms=terms,
            starts_at=starts,
            ends_at=starts + timedelta(seconds=lasts_s),
            budget_fen=Fen(budget),
            caps=Caps(**caps),
            merchants=[one.address for one in merchants],
            fund=fund or (FUND if paid else None),
        )
        return self.town.run(lambda session: service.create_offer(session, command, now=self.now))

    def found(self, offer: OfferView) -> OfferView:
        """The offer as it is now."""
        return self.town.run(lambda session: service.find_offer(session, offer.terms.id, now=self.now))

    def ring_up(self, *prices: int, items: Sequence[Item] = (), by: Person | None = None) -> service.BasketView:
        command = service.RingUp(merchant=(by or self.shop).address, items=items or basket(*prices))
        return self.town.run(lambda session: service.ring_up(session, command, now=self.now))

    def quote(
        self, on: service.BasketView | int, payer: Person | None = None, *, means: Means = NOTHING, **asked: Any
    ) -> QuoteView:
        """Ask for a quote on a basket, or on a new one of that price. Raises the Problem that refuses it."""
        rung = self.ring_up(on) if isinstance(on, int) else on
        offers = asked.pop("offers", None)
        ask = service.AskQuote(
            payer=(payer or self.ping).address,
            basket_id=rung.id,
            price_fen=asked.pop("price", rung.price_fen),
            offers=None if offers is None else [one.terms.id for one in offers],
            points=asked.pop("points", means.points),
        )
        if means.points:
            self.grant(ask.payer, means.points)
        return self.town.run(lambda session: service.quote(session, ask, means=means, now=self.now))

    def grant(self, payer: str, points: int) -> None:
        """Let a payer have earned points."""
        self.granted += 1
        paid = PaidOrder(
            account=payer, order=f"granted {self.granted}", amount_fen=points * 100, own_fen=points * 100, points=0,
            at=self.now, block=0, log_index=self.granted,
        )  # fmt: skip
        self.town.run(lambda session: earned.on_order_paid(session, [paid]))

    def refusal(self, *arguments: Any, **options: Any) -> str:
        """The name of the Problem that refuses a quote."""
        return refusal(lambda: self.quote(*arguments, **options))

    def commit(self, quote: QuoteView, order: str = "order 1", payer: Person | None = None) -> QuoteView:
        address = payer.address if payer else quote.payer
        return self.town.run(
            lambda session: service.commit_quote(session, quote.id, payer=address, order_id=order, now=self.now)
        )

    def cancel(self, quote: QuoteView, payer: Person | None = None) -> QuoteView:
        address = payer.address if payer else quote.payer
        return self.town.run(lambda session: service.cancel_quote(session, quote.id, payer=address, now=self.now))

    def release_expired(self, limit: int) -> int:
        return self.town.run(lambda session: service.release_expired(session, now=self.now, limit=limit))

    def read(self, quote: QuoteView, viewer: Person) -> QuoteView:
        return self.town.run(lambda session: service.find_quote(session, quote.id, viewer=viewer.address, now=self.now))

    def withdraw(self, offer: OfferView, owner: Person) -> OfferView:
        return self.town.run(
            lambda session: service.withdraw_offer(session, offer.terms.id, owner=owner.address, now=self.now)
        )


def refusal(act: Any) -> str:
    """The name of the Problem that `act` raises."""
    try:
        act()
    except Problem as problem:
        return name(problem)
    return "accepted"
