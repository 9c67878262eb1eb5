"""Reads out of a transaction what it proves: that a shop or a winner is on a list, that a list is signed for.

Wherever it stands: in a call of its own or inside a batch's. A contract that makes its arguments up itself shows none.
"""

from collections.abc import Iterator

from pswallet.chain.hashing import keccak
from pswallet.chain.signing import SignatureMalformed, recover

_WORD = 32
_LONGEST_PROOF = 32  # nodes
_TERMS = 12 * _WORD


def shows_shop(calldata: bytes, terms: bytes, merchant: str) -> bool:
    """Whether `calldata` presents a campaign's `terms` with a proof that `merchant` is on their list of shops.

    ICityVoucher.Campaign in twelve words, then Shop: a category and its proof.
    """
    account, root = _address(merchant), terms[8 * _WORD : 9 * _WORD]
    for start in _places(calldata, terms):
        shop = start + _number(calldata, start + _TERMS)
        category = calldata[shop : shop + _WORD]
        if _leads_to(root, account + category, _bytes(calldata, shop, 1)):
            return True
    return False


def shows_winner(calldata: bytes, winners: bytes, account: str, count: int) -> bool:
    """Whether `calldata` proves that `account` may have had `count` vouchers by the list `winners`.

    ICityVoucher.Winner: list, account, count and the proof.
    """
    leaf = _address(account) + count.to_bytes(_WORD)
    return any(_leads_to(winners, leaf, _bytes(calldata, start, 3)) for start in _places(calldata, winners + leaf))


def shows_signature(calldata: bytes, terms: bytes, winners: bytes, digest: bytes) -> bool:
    """Whether `calldata` lists `winners` of a campaign by its issuer's signature over `digest`.

    The arguments of `listWinners`: the campaign in twelve words, the list, the signature.
    """
    issuer = terms[9 * _WORD + 12 : 10 * _WORD].hex()
    for start in _places(calldata, terms + winners):
        try:
            if recover(digest, _bytes(calldata, start, 13)).lower() == "0x" + issuer:
                return True
        except SignatureMalformed:
            continue
    return False


def _places(calldata: bytes, pattern: bytes) -> Iterator[int]:
    start = calldata.find(pattern)
    while start >= 0:
        yield start
        start = calldata.find(pattern, start + 1)


def _address(account: str) -> bytes:
    return bytes.fromhex(account[2:]).rjust(_WORD, b"\0")


def _number(calldata: bytes, place: int) -> int:
    """Return a word that says where something stands; beyond the end for what no calldata has room for."""
    return min(int.from_bytes(calldata[place : place + _WORD]), len(calldata))


def _bytes(calldata: bytes, start: int, argument: int) -> bytes:
    """Return the bytes that one argument of what begins at `start` is."""
    place = start + _number(calldata, start + argument * _WORD)
    return calldata[place + _WORD : place + _WORD + _number(calldata, place)]


def _leads_to(root: bytes, leaf: bytes, proof: bytes) -> bool:
    if len(proof) % _WORD or len(proof) > _LONGEST_PROOF * _WORD:
        return False
    node = keccak(keccak(leaf))
    for at in range(0, len(proof), _WORD):
        node = keccak(b"".join(sorted((node, proof[at : at + _WORD]))))
    return node == root
