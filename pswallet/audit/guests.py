"""Reads out of a transaction which places of a guest list an account has proven."""

from pswallet.chain.signing import keccak

_WORD = 32
_LONGEST_PROOF = 32  # nodes


def proven_places(calldata: bytes, root: bytes, account: str) -> set[int]:
    """Return the places at which claims in `calldata` prove `account` (lower case) on the guest list `root`.

    A claim is (account, index, evidence), wherever it stands: alone, in a group, inside a batch's call. A contract
    that makes its claims up itself shows none.
    """
    pattern = bytes.fromhex(account[2:]).rjust(_WORD, b"\0")
    found = set()
    start = calldata.find(pattern)
    while start >= 0:
        place = _proven(calldata[start + _WORD :], root, pattern)
        if place is not None:
            found.add(place)
        start = calldata.find(pattern, start + 1)
    return found


def _proven(rest: bytes, root: bytes, account: bytes) -> int | None:
    """Return the index that follows an account's word, if its proof holds."""
    index, offset, length = (int.from_bytes(rest[at : at + _WORD]) for at in (0, _WORD, 2 * _WORD))
    if offset != 3 * _WORD or length % _WORD or length > _LONGEST_PROOF * _WORD or len(rest) < 3 * _WORD + length:
        return None
    node = keccak(keccak(account + rest[:_WORD]))
    for at in range(3 * _WORD, 3 * _WORD + length, _WORD):
        node = keccak(b"".join(sorted((node, rest[at : at + _WORD]))))
    return index if node == root else None
