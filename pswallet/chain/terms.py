"""A red packet's terms as the escrow knows them, and the id that follows from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from pswallet.chain.signing import RED_PACKET, Domain, digest

ZERO_ADDRESS = "0x" + "00" * 20
ZERO_32 = "0x" + "00" * 32
ZERO_20 = "0x" + "00" * 20
TERMS_TUPLE = "(address,uint64,uint16,uint64,uint64,bool,bytes32,address,address,bytes20,bytes32)"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the creator signs for; the fields of IRedPacketEscrow.Terms.

    `total` and `max_share` are fen, `expiry` Unix seconds. Exactly one of `guests` (a Merkle root) and `claim_key` is
    not zero; `dealer` and `draw_commitment` are zero in an equal packet.
    """

    creator: str
    total: int
    shares: int
    expiry: int
    max_share: int
    lucky: bool
    guests: str
    claim_key: str
    dealer: str
    draw_commitment: str
    salt: str

    def message(self) -> dict[str, Any]:
        """Return the EIP-712 message, field names as in the contract."""
        return {
            "creator": self.creator,
            "total": self.total,
            "shares": self.shares,
            "expiry": self.expiry,
            "maxShare": self.max_share,
            "lucky": self.lucky,
            "guests": self.guests,
            "claimKey": self.claim_key,
            "dealer": self.dealer,
            "drawCommitment": self.draw_commitment,
            "salt": self.salt,
        }

    def to_json(self) -> dict[str, Any]:
        """Return the terms as JSON can carry them: the message, integers as they are (all are below 2^63)."""
        return self.message()

    @classmethod
    def from_json(cls, terms: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote. Raises KeyError for a missing field."""
        return cls(
            creator=terms["creator"],
            total=terms["total"],
            shares=terms["shares"],
            expiry=terms["expiry"],
            max_share=terms["maxShare"],
            lucky=terms["lucky"],
            guests=terms["guests"],
            claim_key=terms["claimKey"],
            dealer=terms["dealer"],
            draw_commitment=terms["drawCommitment"],
            salt=terms["salt"],
        )


@dataclass(frozen=True, slots=True)
class PacketTerms:
    """What the relayer asks of the feature about a packet: its terms and, when it is lucky, its draw."""

    terms: Terms
    draw_id: str | None


def packet_id(domain: Domain, terms: Terms) -> str:
    """Return the packet's id: the EIP-712 digest of its terms in the escrow's domain."""
    return "0x" + digest(domain, RED_PACKET, terms.message()).hex()
