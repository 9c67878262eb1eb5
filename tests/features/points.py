"""What a test of points begins with: orders that the chain says are paid, refunds, and a clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from pswallet.accounts.models import AccountTier
from pswallet.kit.db import Sessions, transaction
from pswallet.points import projection, service
from pswallet.points.rules import PaidOrder, RefundedOrder
from tests.parts import Person

R = TypeVar("R")
NOON = datetime(2026, 11, 25, 4, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@dataclass
class Till:
    """Where people buy: each purchase and refund is told to the projection as the chain would tell it."""

    sessions: Sessions
    block: int = 1

    def run(self, act: Callable[[Session], R]) -> R:
        with transaction(self.sessions) as session:
            return act(session)

    def paid(self, person: Person, order: str, own: int, *, at: datetime = NOON, **changed: Any) -> PaidOrder:
        self.block += 1
        fields: dict[str, Any] = {
            "account": person.address,
            "order": order,
            "amount_fen": own,
            "own_fen": own,
            "points": 0,
            "at": at,
            "block": self.block,
            "log_index": 0,
        }
        return PaidOrder(**fields | changed)

    def buy(self, person: Person, order: str, own: int, *, at: datetime = NOON, **changed: Any) -> PaidOrder:
        told = self.paid(person, order, own, at=at, **changed)
        self.run(lambda session: projection.on_order_paid(session, [told]))
        return told

    def refund(self, order: PaidOrder, own: int, *, at: datetime = NOON + DAY, **changed: Any) -> RefundedOrder:
        self.block += 1
        fields: dict[str, Any] = {
            "account": order.account,
            "order": order.order,
            "amount_fen": own,
            "own_fen": own,
            "points": 0,
            "at": at,
            "block": self.block,
            "log_index": 0,
        }
        told = RefundedOrder(**fields | changed)
        self.run(lambda session: projection.on_order_refunded(session, [told]))
        return told

    def register(self, *people: Person, tier: int = 3) -> None:
        """Let the chain say that people have a tier; 0 takes it back."""
        self.block += 1
        with transaction(self.sessions) as session:
            for place, person in enumerate(people):
                session.add(AccountTier(address=person.address, tier=tier, block=self.block, log_index=place))

    def summary(self, person: Person, *, at: datetime = NOON + DAY) -> service.Summary:
        return self.run(lambda session: service.summary(session, person.address, now=at))

    def free(self, person: Person, *, at: datetime = NOON + DAY) -> int:
        return self.summary(person, at=at).free

    def reserve(self, person: Person, quote: str, points: int, *, at: datetime = NOON + MINUTE) -> None:
        self.run(
            lambda session: service.reserve(
                session, quote, account=person.address, points=points, until=at + 5 * MINUTE, now=at
            )
        )
