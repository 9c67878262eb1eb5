"""The spans of a traced call on its way: its wait, its sending, its block, its rows. Without a tracer, nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pswallet.kit import tracing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pswallet.chain.relayer import Stored
    from pswallet.chain.settlement import Mined
    from pswallet.kit.tracing import Attributes


def note_sent(stored: Sequence[Stored], *, seconds: float) -> None:
    """Record the traced calls of transactions that have just been handed to a node, which took `seconds`."""
    tracer = tracing.active()
    if tracer is None:
        return
    for one in stored:
        about: Attributes = {"transaction": one.hash, "nonce": one.nonce, "calls": len(one.calls)}
        for call in one.calls:
            if call.trace:
                waited: Attributes = {"kind": call.kind}
                tracer.note("outbox wait", call.trace, waited, began_s=call.waited_s + seconds, ended_s=seconds)
                tracer.note("relayer send", call.trace, about, began_s=seconds)


def note_settled(traced: Sequence[tuple[str, Mined, str | None]], *, seconds: float) -> None:
    """Record the traced calls that a pass of the indexer of `seconds` has just committed as done or refused."""
    tracer = tracing.active()
    if tracer is None:
        return
    for trace, mined, error in traced:
        about: Attributes = {"transaction": mined.hash, "block": mined.header.number}
        refused: Attributes = {} if error is None else {"error": error}
        ended_s = min(seconds, mined.after_s)
        tracer.note("chain block", trace, about | refused, began_s=mined.after_s, ended_s=ended_s)
        tracer.note("indexer projection", trace, about, began_s=seconds)
