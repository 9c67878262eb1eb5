"""Funded orders, budgets and campaigns as they are signed, hashed and handed to MerchantCheckout and CityVoucher.

Texts of an order are those of `orders`. Amounts are fen, times Unix seconds. Nothing here speaks to a chain.
"""

from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass
from typing import Any, Self

from pswallet.chain.hashing import address_bytes, keccak
from pswallet.chain.orders import text_word
from pswallet.chain.signing import BUDGET, CAMPAIGN, FUNDED_ORDER, LOTTERY, Domain, digest


@dataclass(frozen=True, slots=True)
class Part:
    """What somebody else pays of an order; `budget` is a budget's or a campaign's id ("0x…")."""

    funder: str
    budget: str
    value: int
    minimum_spend: int

    def words(self) -> bytes:
        """Return the part as four 32-byte words."""
        return b"".join(
            (
                address_bytes(self.funder).rjust(32, b"\0"),
                bytes.fromhex(self.budget[2:]),
                self.value.to_bytes(32),
                self.minimum_spend.to_bytes(32),
            )
        )


@dataclass(frozen=True, slots=True)
class FundedOrder:
    """An order of which others pay 1 to 3 parts, in the order in which refunds give them back; `own` is the payer's."""

    payer: str
    merchant: str
    till: str
    reference: str
    own: int
    amount: int
    expiry: int
    parts: tuple[Part, ...]

    def message(self) -> dict[str, Any]:
        """Return the EIP-712 message. Raises ValueError for a text that no order can carry."""
        return {
            "payer": self.payer,
            "merchant": self.merchant,
            "till": text_word(self.till),
            "reference": text_word(self.reference),
            "own": self.own,
            "amount": self.amount,
            "expiry": self.expiry,
            "parts": keccak(b"".join(part.words() for part in self.parts)),
        }

    def terms(self) -> tuple[Any, ...]:
        """Return the order as the contract's functions take it."""
        message = self.message()
        return tuple(message[name] for name in message if name != "parts")

    def given(self) -> list[tuple[Any, ...]]:
        """Return the parts as the contract's functions take them."""
        return [(part.funder, bytes.fromhex(part.budget[2:]), part.value, part.minimum_spend) for part in self.parts]

    def to_json(self) -> dict[str, Any]:
        """Return the order as JSON keeps it."""
        return asdict(self)

    @classmethod
    def from_json(cls, order: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(**{**order, "parts": tuple(Part(**part) for part in order["parts"])})


def funded_order_id(checkout: Domain, order: FundedOrder) -> str:
    """Return the order's id: the nonce of the payer's authorization. Raises ValueError as `message` does."""
    return "0x" + digest(checkout, FUNDED_ORDER, order.message()).hex()


@dataclass(frozen=True, slots=True)
class Budget:
    """What a funder lets `signer` spend on orders until `end`, `total` at a time."""

    funder: str
    signer: str
    total: int
    end: int
    salt: str

    def message(self) -> dict[str, Any]:
        """Return the EIP-712 message."""
        return asdict(self)

    def terms(self) -> tuple[Any, ...]:
        """Return the budget as the contract's functions take it."""
        return self.funder, self.signer, self.total, self.end, bytes.fromhex(self.salt[2:])


def budget_id(checkout: Domain, budget: Budget) -> str:
    """Return the budget's id."""
    return "0x" + digest(checkout, BUDGET, budget.message()).hex()


@dataclass(frozen=True, slots=True)
class Campaign:
    """What the sponsor of a campaign signs for: see ICityVoucher.Campaign, field by field."""

    sponsor: str
    budget: int
    face: int
    per_person: int
    start: int
    end: int
    minimum_spend: int
    divisible: bool
    merchants: str
    issuer: str
    lottery: str
    salt: str

    def message(self) -> dict[str, Any]:
        """Return the EIP-712 message."""
        return dict(zip((name for name, _ in CAMPAIGN.fields), self.terms(), strict=True))

    def terms(self) -> tuple[Any, ...]:
        """Return the campaign as the contract's functions take it."""
        words = {"merchants", "lottery", "salt"}
        return tuple(
            bytes.fromhex(value[2:]) if name in words else value
            for name, value in zip(self.__dataclass_fields__, astuple(self), strict=True)
        )

    def to_json(self) -> dict[str, Any]:
        """Return the campaign as JSON keeps it."""
        return asdict(self)

    @classmethod
    def from_json(cls, campaign: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(**campaign)


def campaign_id(voucher: Domain, campaign: Campaign) -> str:
    """Return the campaign's id: the nonce of the sponsor's authorization."""
    return "0x" + digest(voucher, CAMPAIGN, campaign.message()).hex()


@dataclass(frozen=True, slots=True)
class Lottery:
    """How a campaign's winners come about: see docs/lottery.md. Words are "0x…" of 32 bytes."""

    applicants: str
    seed_commitment: str
    block: int
    winners: int
    count: int

    def message(self) -> dict[str, Any]:
        """Return the EIP-712 message."""
        return dict(zip((name for name, _ in LOTTERY.fields), astuple(self), strict=True))

    def to_json(self) -> dict[str, Any]:
        """Return the lottery as JSON keeps it."""
        return asdict(self)

    @classmethod
    def from_json(cls, lottery: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(**lottery)


def lottery_hash(voucher: Domain, lottery: Lottery) -> str:
    """Return what a campaign whose winners are drawn so has as its `lottery`."""
    return "0x" + digest(voucher, LOTTERY, lottery.message()).hex()
