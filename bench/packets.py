"""Red packets as a client makes them: terms, guest list, hash chain, signatures.

Made with eth-account and eth-abi alone, apart from `pswallet`, so that the contract is measured and tested against a
second opinion. All keys are synthetic.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from eth_abi.abi import encode
from eth_account import Account
from eth_utils.crypto import keccak

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eth_account.signers.local import LocalAccount

RED_PACKET = (
    ("creator", "address"),
    ("total", "uint64"),
    ("shares", "uint16"),
    ("expiry", "uint64"),
    ("maxShare", "uint64"),
    ("lucky", "bool"),
    ("guests", "bytes32"),
    ("claimKey", "address"),
    ("dealer", "address"),
    ("drawCommitment", "bytes20"),
    ("salt", "bytes32"),
)
LINK_CLAIM = (("packet", "bytes32"), ("claimant", "address"))
DEAL = (("packet", "bytes32"), ("firstPosition", "uint256"), ("claimants", "bytes32"), ("links", "bytes32"))
RECEIVE_WITH_AUTHORIZATION = (
    *(("from", "address"), ("to", "address"), ("value", "uint256")),
    *(("validAfter", "uint256"), ("validBefore", "uint256"), ("nonce", "bytes32")),
)
ZERO_ADDRESS = "0x" + "00" * 20
ZERO_WORD = b"\x00" * 32
ZERO_LINK = b"\x00" * 20

Terms = tuple[Any, ...]
"""The fields of RED_PACKET, in order."""


def person(label: str) -> LocalAccount:
    """Return the synthetic key that `label` always has."""
    account: LocalAccount = Account.from_key(keccak(text=f"synthetic packet key: {label}"))
    return account


@dataclass(frozen=True)
class Domain:
    """An EIP-712 domain."""

    name: str
    chain_id: int
    contract: str

    def sign(self, signer: LocalAccount, kind: str, fields: Sequence[tuple[str, str]], values: Sequence[Any]) -> bytes:
        """Return r, s, v of `signer` over the struct `kind`."""
        names = [name for name, _ in fields]
        types = {kind: [{"name": name, "type": solidity} for name, solidity in fields]}
        domain = {"name": self.name, "version": "1", "chainId": self.chain_id, "verifyingContract": self.contract}
        signed = signer.sign_typed_data(domain, types, dict(zip(names, values, strict=True)))
        return bytes(signed.signature)

    def digest(self, kind: str, fields: Sequence[tuple[str, str]], values: Sequence[Any]) -> bytes:
        """Return the EIP-712 hash of the struct `kind`, for atomic field types."""
        return self.digest_of_words(kind, fields, encode([solidity for _, solidity in fields], values))

    def digest_of_words(self, kind: str, fields: Sequence[tuple[str, str]], words: bytes) -> bytes:
        """Return the EIP-712 hash of the struct `kind` whose fields are encoded as `words`."""
        type_hash = keccak(text=f"{kind}({','.join(f'{solidity} {name}' for name, solidity in fields)})")
        separator = keccak(
            encode(
                ["bytes32", "bytes32", "bytes32", "uint256", "address"],
                [
                    keccak(text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                    *(keccak(text=self.name), keccak(text="1"), self.chain_id, self.contract),
                ],
            )
        )
        return keccak(b"\x19\x01" + separator + keccak(type_hash + words))


class MerkleList:
    """OpenZeppelin's standard Merkle tree over (address account, uint256 number)."""

    def __init__(self, pairs: Sequence[tuple[str, int]]) -> None:
        """Build the tree."""
        leaves = [keccak(keccak(encode(["address", "uint256"], pair))) for pair in pairs]
        ordered = sorted(leaves)
        size = len(leaves)
        self._nodes = [b""] * (size - 1) + ordered[::-1]
        for i in reversed(range(size - 1)):
            self._nodes[i] = keccak(b"".join(sorted(self._nodes[2 * i + 1 : 2 * i + 3])))
        self._places = [2 * size - 2 - ordered.index(leaf) for leaf in leaves]

    @property
    def root(self) -> bytes:
        """The tree's root."""
        return self._nodes[0]

    def proof(self, index: int) -> bytes:
        """Return the siblings from the leaf of pair `index` up, 32 bytes each."""
        place, siblings = self._places[index], []
        while place > 0:
            siblings.append(self._nodes[place - 1 if place % 2 == 0 else place + 1])
            place = (place - 1) // 2
        return b"".join(siblings)


class GuestList(MerkleList):
    """A packet's guests: an account's number is its place in the list."""

    def __init__(self, accounts: Sequence[str]) -> None:
        """Build the tree, whose root is the packet's `guests`."""
        super().__init__([(account, i) for i, account in enumerate(accounts)])


@dataclass
class HashChain:
    """The dealer's links: `links[p]` is revealed for position p and hashes to the one before it."""

    seed: str
    length: int = 100
    links: list[bytes] = field(init=False)
    commitment: bytes = field(init=False)

    def __post_init__(self) -> None:
        """Hash down from the last link to the commitment."""
        chain = [keccak(text=f"synthetic chain: {self.seed}")[:20]]
        for _ in range(self.length):
            chain.append(keccak(chain[-1])[:20])
        self.commitment, *self.links = reversed(chain)


@dataclass(frozen=True)
class Escrow:
    """What clients and the dealer sign for one escrow and its token."""

    domain: Domain
    token: Domain

    def packet_id(self, terms: Terms) -> bytes:
        """Return the id of a packet of `terms`."""
        return self.domain.digest("RedPacket", RED_PACKET, terms)

    def authorize(
        self,
        creator: LocalAccount,
        terms: Terms,
        valid_before: int,
        *,
        valid_after: int = 0,
        nonce: bytes | None = None,
    ) -> tuple[int, int, bytes]:
        """Return the creator's authorization of the packet's money; its nonce is the packet's id unless told."""
        message = (creator.address, self.domain.contract, terms[1], valid_after, valid_before)
        signed = (*message, nonce or self.packet_id(terms))
        kind = "ReceiveWithAuthorization"
        return valid_after, valid_before, self.token.sign(creator, kind, RECEIVE_WITH_AUTHORIZATION, signed)

    def link_claim(self, key: LocalAccount, packet: bytes, claimant: str) -> bytes:
        """Return the claim key's leave for `claimant`."""
        return self.domain.sign(key, "LinkClaim", LINK_CLAIM, (packet, claimant))

    def deal(
        self,
        dealer: LocalAccount,
        packet: bytes,
        first_position: int,
        claims: Sequence[tuple[str, int, bytes]],
        links: Sequence[bytes],
    ) -> bytes:
        """Return the dealer's signature over a batch: each claim with all that decides it, and the links."""
        claimants = b"".join(
            encode(["address", "uint256", "bytes32"], [account, index, keccak(evidence)])
            for account, index, evidence in claims
        )
        words = b"".join(link.ljust(32, b"\x00") for link in links)
        message = (packet, first_position, keccak(claimants), keccak(words))
        return self.domain.sign(dealer, "Deal", DEAL, message)
