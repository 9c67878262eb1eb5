"""The calldata of the voucher contract's functions. Issuing is hot and written by hand; the rest goes by the ABI."""

from __future__ import annotations

from functools import lru_cache

from pswallet.chain.abi import artifact
from pswallet.chain.funded import Campaign
from pswallet.chain.hashing import address_bytes, selector

_TERMS = "(address,uint64,uint64,uint32,uint64,uint64,uint64,bool,bytes32,address,bytes32,bytes32)"
_ISSUE = selector(f"issue({_TERMS},(bytes32,address,uint256,bytes))")
_WINNER_AT = (13 * 32).to_bytes(32)
_PROOF_AT = (4 * 32).to_bytes(32)


def opening(campaign: Campaign, signature: str) -> str:
    """Encode `open`."""
    return _call("open", campaign.terms(), bytes.fromhex(signature[2:]))


def listing(campaign: Campaign, root: str, signature: bytes) -> str:
    """Encode `listWinners`."""
    return _call("listWinners", campaign.terms(), bytes.fromhex(root[2:]), signature)


def closing(campaign: Campaign) -> str:
    """Encode `close`."""
    return _call("close", campaign.terms())


def issuing(campaign: Campaign, *, root: str, account: str, count: int, proof: bytes) -> str:
    """Encode `issue`; `proof` is a multiple of 32 bytes."""
    winner = (
        bytes.fromhex(root[2:])
        + address_bytes(account).rjust(32, b"\0")
        + count.to_bytes(32)
        + _PROOF_AT
        + len(proof).to_bytes(32)
        + proof
    )
    return "0x" + (_ISSUE + _words(campaign) + _WINNER_AT + winner).hex()


@lru_cache(maxsize=256)
def _words(campaign: Campaign) -> bytes:
    """Return the terms as twelve words."""
    return artifact("CityVoucher").call("close", campaign.terms())[4:]


def _call(function: str, *arguments: object) -> str:
    return "0x" + artifact("CityVoucher").call(function, *arguments).hex()
