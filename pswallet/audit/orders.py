"""Funded orders as their logs tell them: what each part paid, and what a refund gives back to whom."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Self

_HEAD = struct.Struct(">20s20sQQQQ")
_PART = struct.Struct(">20s32sQQQ")
_MOST_PARTS = 3
_MOST_FEN = 2**48 - 1


@dataclass(slots=True)
class Part:
    """What somebody else pays of an order, and what of it came back [fen]. Addresses and ids are "0x…"."""

    funder: str
    budget: str
    value: int
    minimum_spend: int
    returned: int = 0


class Shares(NamedTuple):
    """How a refund is cut: to the payer, and to each part's funder [fen]."""

    own: int
    parts: list[int]


@dataclass(slots=True)
class Order:
    """A paid order, and what of it came back [fen]; `refunds` counts."""

    payer: str
    merchant: str
    own: int
    amount: int
    parts: list[Part]
    own_returned: int = 0
    refunds: int = 0

    @property
    def returned(self) -> int:
        """Return what came back of all of it [fen]."""
        return self.own_returned + sum(part.returned for part in self.parts)

    def broken_rules(self, checkout: str) -> Iterator[str]:
        """Yield what of the order itself no checkout would take."""
        values, budgets = [part.value for part in self.parts], {part.budget for part in self.parts}
        if self.own + sum(values) != self.amount:
            yield f"of {self.amount} fen was paid {self.own} and {values}"
        if not 1 <= len(self.parts) <= _MOST_PARTS or len(budgets) != len(self.parts):
            yield f"has {len(self.parts)} parts of {len(budgets)} budgets"
        if not all(1 <= value <= _MOST_FEN for value in values):
            yield f"has a part of nothing, or of more than there can be: {values}"
        funders = {part.funder for part in self.parts}
        if len({self.payer, self.merchant, checkout}) < 3 or funders & {self.payer, self.merchant}:
            yield "is paid by its merchant, or helped by its payer"

    def cut(self, value: int) -> Shares:
        """Return to whom `value` fen go back (facts.md §8b).

        First parts that what is kept no longer reaches the minimum spend of, the last subtracted from the price first;
        then the payer's own; then the parts in order.
        """
        rest, spend = value, self.amount - self.returned - value
        parts = [0] * len(self.parts)
        for place in reversed(range(len(self.parts))):
            part = self.parts[place]
            left = part.value - part.returned
            if spend < part.minimum_spend:
                parts[place] = min(left, rest)
                rest -= parts[place]
            else:
                spend -= min(left, spend)
        own = min(self.own - self.own_returned, rest)
        rest -= own
        for place, part in enumerate(self.parts):
            taken = min(part.value - part.returned - parts[place], rest)
            parts[place] += taken
            rest -= taken
        return Shares(own, parts)

    def give_back(self, own: int, parts: list[int]) -> None:
        """Count a refund."""
        self.refunds += 1
        self.own_returned += own
        for part, share in zip(self.parts, parts, strict=False):
            part.returned += share

    def state(self) -> tuple[int, ...]:
        """Return the words of the checkout's `stateOf`."""
        returned = [part.returned for part in self.parts]
        return (self.own_returned, *returned, *[0] * (3 - len(returned)), self.refunds, 1)

    def packed(self) -> bytes:
        """Write the order down in few bytes."""
        head = _HEAD.pack(_raw(self.payer), _raw(self.merchant), self.own, self.amount, self.own_returned, self.refunds)
        return head + b"".join(
            _PART.pack(_raw(one.funder), _raw(one.budget), one.value, one.minimum_spend, one.returned)
            for one in self.parts
        )

    @classmethod
    def unpacked(cls, kept: bytes) -> Self:
        """Read what `packed` wrote."""
        payer, merchant, own, amount, own_returned, refunds = _HEAD.unpack_from(kept)
        parts = [
            Part(_shown(funder), _shown(budget), value, minimum, returned)
            for funder, budget, value, minimum, returned in _PART.iter_unpack(kept[_HEAD.size :])
        ]
        return cls(_shown(payer), _shown(merchant), own, amount, parts, own_returned, refunds)


def read_order(data: bytes) -> tuple[Order, int]:
    """Return the order that OrderPaid's data tells, and its expiry [Unix s].

    Seven words of terms, the place and the number of the parts, four words a part.
    """
    words = [data[start : start + 32] for start in range(0, len(data), 32)]
    own, amount, expiry = (int.from_bytes(word) for word in words[4:7])
    parts = [
        Part(
            "0x" + words[at][12:].hex(),
            "0x" + words[at + 1].hex(),
            *(int.from_bytes(one) for one in words[at + 2 : at + 4]),
        )
        for at in range(9, 9 + 4 * int.from_bytes(words[8]), 4)
    ]
    return Order("0x" + words[0][12:].hex(), "0x" + words[1][12:].hex(), own, amount, parts), expiry


def _raw(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _shown(raw: bytes) -> str:
    return "0x" + raw.hex()
