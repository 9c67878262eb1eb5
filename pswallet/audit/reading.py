"""Many view calls in one: code that a node runs in `eth_call` and that is on no chain.

A node takes longer to set up a call than to carry it out. The code is a contract's creation, so what it may return is
bounded by what a contract's code may be.
"""

MOST_BYTES = 24_576
"""What one such call may return (EIP-170); what it carries stays below twice that (EIP-3860)."""


def calls_at_once(call_size: int, answer_size: int) -> int:
    """Return how many calls of `call_size` bytes that answer `answer_size` bytes fit into one."""
    return MOST_BYTES // max(call_size, answer_size)


def creation(to: str, calls: list[bytes], answer_size: int) -> bytes:
    """Return code that makes `calls`, all of one size, of the contract `to` and returns the answers one after another.

    It reverts unless each of them answers `answer_size` bytes.
    """
    size, count = len(calls[0]), len(calls)
    given, answered = b"".join(calls), count * answer_size
    pushed = {name: b"\x61" + value.to_bytes(2) for name, value in _sizes(size, answer_size, count).items()}
    code = b"".join(
        (
            *(pushed["given"], pushed["length"], b"\x60\x00\x39"),  # the calls follow the code: copy them to memory
            *(pushed["given"], b"\x60\x00"),  # where the next answer goes, and where the next call is
            b"\x5b",
            *(pushed["answer"], b"\x82", pushed["call"], b"\x83\x73", bytes.fromhex(to[2:]), b"\x5a\xfa"),  # STATICCALL
            *(b"\x3d", pushed["answer"], b"\x14\x16", pushed["next"], b"\x57\x60\x00\x60\x00\xfd"),  # or revert
            b"\x5b",
            *(pushed["call"], b"\x01\x90", pushed["answer"], b"\x01\x90"),
            *(b"\x80", pushed["given"], b"\x11", pushed["loop"], b"\x57"),
            *(b"\x61" + answered.to_bytes(2), pushed["given"], b"\xf3"),  # RETURN
        )
    )
    return code + given


_LOOP, _NEXT, _LENGTH = 14, 61, 88
"""Where the code's two jumps lead, and where it ends [bytes]."""


def _sizes(call: int, answer: int, count: int) -> dict[str, int]:
    places = {"loop": _LOOP, "next": _NEXT, "length": _LENGTH}
    return {"call": call, "answer": answer, "given": call * count, **places}
