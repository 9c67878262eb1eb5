"""What the blocks say about our calls: done, refused, or to go out again. Runs inside the indexer's transaction.

Success is the event, never a status. A refusal counts only from our own transaction, and only from the last one that
carried the call. "Used already" means: look for the event.
"""

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from pswallet.chain import events, evidence
from pswallet.chain.blocks import Header, Stretch
from pswallet.chain.events import AuthorizationUsed, CallFailed, CallRefused, ClaimSkipped, Event, Transfer
from pswallet.chain.outbox import RELAYER_CHANNEL, CallKind, authorization_key
from pswallet.chain.reverts import UNEXPLAINED, error_name
from pswallet.chain.rpc import Rpc
from pswallet.chain.sendings import MOST_ATTEMPTS

WAITS = {"PaymentsPaused": 15, "ReserveAttestationExpired": 5, "ReserveExceeded": 5, "CreatorIsFrozen": 15}
"""Reasons that pass by themselves, and after how many seconds such a role act or claim goes out again."""

GOES_OUT_AGAIN = {"PositionMismatch", "LinkMismatch", "DealerSignatureInvalid", "InsufficientGas"}
"""Reasons that lie in the company or the order of a transaction, not in the call; up to `MOST_ATTEMPTS`."""

OUT_OF_TURN = {CallKind.ORDER_REFUND: "RefundNumberMismatch", CallKind.CASHIER_SET: "CashierNumberMismatch"}
"""Reasons that lie in the call before, while it is under way: another key sent it later, or for a lower fee."""

USED_ALREADY = {
    "AuthorizationAlreadyUsed", "AlreadyClaimed", "EntryAlreadyMinted", "PacketNotOpen", "NothingOwed",
    "BudgetAlreadyOpen", "OrderAlreadyPaid", "RefundNumberMismatch", "CashierNumberMismatch",
    "VouchersAlreadyIssued", "CampaignNotOpen", "AlreadyAnchored",
}  # fmt: skip
"""Reasons behind which the call's own event may stand, carried by somebody else or before the call was left here."""

SAYS_ITS_NAME = frozenset(CallKind) - {CallKind.SET_TIER, CallKind.FREEZE, CallKind.UNFREEZE, CallKind.ATTEST_RESERVE}
"""Kinds whose event names the call. The others, role acts in list calls, are done when their transaction said anything.
"""

_KEYS = {
    events.PacketCreated: lambda e: f"packet-create:{e.packet}",
    events.PacketClaimed: lambda e: f"packet-claim:{e.packet}:{e.account}",
    events.ShareOwed: lambda e: f"packet-claim:{e.packet}:{e.account}",
    events.ShareCollected: lambda e: f"packet-collect:{e.packet}:{e.account}",
    events.PacketRefunded: lambda e: f"packet-refund:{e.packet}",
    events.Minted: lambda e: f"mint:{e.entry}",
    events.Approval: lambda e: f"permit:{e.owner}:{e.spender}:{e.value}",
    events.BudgetOpened: lambda e: f"budget-open:{e.budget}",
    events.OrderPaid: lambda e: f"order-pay:{e.order}",
    events.OrderRefunded: lambda e: f"order-refund:{e.order}:{e.number}",
    events.CashierSet: lambda e: f"cashier:{e.merchant}:{e.cashier}:{e.number}",
    events.CampaignOpened: lambda e: f"campaign-open:{e.campaign}",
    events.WinnersListed: lambda e: f"winners:{e.campaign}:{e.winners}",
    events.VoucherIssued: lambda e: f"voucher:{e.campaign}:{e.account}:{e.count}",
    events.CampaignClosed: lambda e: f"campaign-close:{e.campaign}",
    events.Anchored: lambda e: f"anchor:{e.subject}:{e.day}",
}
"""The call that an event settles, whoever sent it."""

# %b: binary parameters. As text, psycopg searches each item for quotes: ten times the work.
_SETTLE = """
    UPDATE chain_calls c SET settled_block = k.block
    FROM unnest(%(keys)b::text[], %(blocks)b::bigint[]) AS k(key, block)
    WHERE c.key = k.key AND c.settled_block IS NULL
    RETURNING c.transaction_id, CAST(extract(epoch FROM clock_timestamp() - c.left_at) AS float), c.trace
"""
_MINED = text(
    """
    UPDATE chain_transactions t SET mined_block = m.block
    FROM chain_sendings s, unnest(CAST(:hashes AS text[]), CAST(:blocks AS bigint[])) AS m(hash, block)
    WHERE s.hash = m.hash AND t.id = s.transaction_id
    RETURNING t.id, s.hash, t.call_ids, CAST(extract(epoch FROM clock_timestamp() - s.created_at) AS float)
    """
)
_OPEN = text(
    """
    SELECT id, key, kind, arguments, lane, attempts, transaction_id, trace FROM chain_calls
    WHERE id = ANY(:ids) AND settled_block IS NULL
    """
)
_OVERTAKEN = text(
    """
    SELECT 1 FROM chain_calls
    WHERE (settled_block IS NULL OR settled_block = :block AND refusal IS NULL)
      AND kind = :kind AND arguments->>'subject' = :subject AND CAST(arguments->>'number' AS int) < :number
    """
)
"""Calls about the same with a lower number that are under way, or were carried out in the block that refused this."""


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call that a mined transaction of ours carried and no event settled."""

    id: int
    key: str
    kind: str
    arguments: dict[str, Any]
    lane: str | None
    attempts: int
    transaction_id: int | None
    trace: str | None


@dataclass(frozen=True, slots=True)
class Mined:
    """A transaction of ours in a block."""

    id: int
    hash: str
    calls: tuple[int, ...]
    header: Header
    after_s: float
    """From its signature until it was read."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a call of a mined transaction did not succeed; `log_index` is -1 when all of it reverted."""

    call: OpenCall
    mined: Mined
    error: str
    log_index: int
    contract: str


def _is_done(call: OpenCall, named: Container[str]) -> bool:
    """Whether an event names the call; one left again after a refusal has a number behind the name: `mint:0x…:1`.

    A permit has its nonce there too, which its event does not tell.
    """
    once = call.key.rpartition(":")[0]
    twice = once.rpartition(":")[0] if call.kind == CallKind.PERMIT else once
    return call.key in named or once in named or twice in named


def _payments(happened: Sequence[Event]) -> dict[str, int]:
    """Return the blocks of signed payments by key: the `Transfer` directly after says whom the nonce paid, and what."""
    found = {}
    for used, moved in pairwise(happened):
        if isinstance(used, AuthorizationUsed) and isinstance(moved, Transfer):
            found[authorization_key(used.authorizer, used.nonce, moved.recipient, moved.value)] = used.block
    return found


class Settlement:
    """Settles the calls of one stretch of blocks. `known` are refusals of before a rebuild, by key."""

    def __init__(self, session: Session, rpc: Rpc, addresses: evidence.Addresses, known: Mapping[str, str]) -> None:
        self._session = session
        self._rpc = rpc
        self._addresses = addresses
        self._known = known
        self._released = False
        self.refused: list[CallRefused] = []
        self.traced: list[tuple[str, Mined, str | None]] = []
        """Of each traced call that ended: its trace, the transaction that carried it, why it was refused if it was."""
        self.mined_after_s: list[float] = []
        """For each transaction of ours: how long it took from its signature."""
        self.settled_after_s: list[float] = []
        """For each call that its event settled: how long it took from its acceptance."""

    def settle(self, stretch: Stretch) -> list[CallRefused]:
        """Settle what the stretch decides, block by block; return the refusals in order.

        Not all at once: what is refused in a block stays refused though it happen later, however many blocks are read.
        """
        self.refused = [refusal for block in stretch.one_by_one() for refusal in self._settle_block(block)]
        return self.refused

    def _settle_block(self, block: Stretch) -> list[CallRefused]:
        mined = self._mark_mined(block)
        carriers = self._settle_by_event(block.events, {one.id: one for one in mined})
        ours = {one.id for one in mined}
        # In general every call that was carried has had its event, and nothing is left to judge.
        left = sum(len(one.calls) for one in mined) - sum(carrier in ours for carrier in carriers)
        refused = self._judge(mined, block) if left else []
        if self._released or mined:  # a key that was busy may send again
            self._session.execute(text(f"NOTIFY {RELAYER_CHANNEL}"))
        return refused

    def _mark_mined(self, stretch: Stretch) -> list[Mined]:
        blocks = stretch.block_of()
        if not blocks:
            return []
        rows = self._session.execute(
            _MINED, {"hashes": list(blocks), "blocks": [header.number for header in blocks.values()]}
        ).all()
        self.mined_after_s += [seconds for *_, seconds in rows]
        return [Mined(id_, hash_, tuple(calls), blocks[hash_], after_s) for id_, hash_, calls, after_s in rows]

    def _settle_by_event(self, happened: Sequence[Event], mined: Mapping[int, Mined]) -> list[int | None]:
        """Settle the calls whose events happened; return the transactions that last carried them."""
        found = {_KEYS[type(event)](event): event.block for event in happened if type(event) in _KEYS}
        found |= _payments(happened)
        if not found:
            return []
        values = {"keys": list(found), "blocks": list(found.values())}
        rows = self._session.connection().exec_driver_sql(_SETTLE, values).all()
        self.settled_after_s += [seconds for _, seconds, _ in rows]
        self.traced += [(trace, mined[carrier], None) for carrier, _, trace in rows if trace and carrier in mined]
        return [carrier for carrier, *_ in rows]

    # --- what no event settled ---

    def _judge(self, mined: Sequence[Mined], stretch: Stretch) -> list[CallRefused]:
        ids = [call for one in mined for call in one.calls]
        rows = self._session.execute(_OPEN, {"ids": ids}).all()
        left = {row[0]: OpenCall(*row) for row in rows}
        if not left:
            return []
        said: dict[str, list[Event]] = defaultdict(list)
        for event in stretch.events:
            said[event.transaction].append(event)
        refused: list[CallRefused] = []
        for one in sorted(mined, key=lambda each: each.id):
            # A call that meanwhile travels in another transaction is judged there.
            carried = [left[call] for call in one.calls if call in left and left[call].transaction_id == one.id]
            if carried:
                refused.extend(self._judge_transaction(one, carried, said[one.hash]))
        return sorted(refused, key=lambda event: (event.block, event.log_index))

    def _judge_transaction(self, mined: Mined, carried: Sequence[OpenCall], said: Sequence[Event]) -> list[CallRefused]:
        if not said and evidence.reverted(self._rpc, mined.hash):
            return self._judge_reverted(mined, carried)
        verdicts = self._verdicts(mined, carried, said)
        judged = {verdict.call.id for verdict in verdicts}
        silent = [call for call in carried if call.id not in judged]
        named = {_KEYS[type(event)](event) for event in said if type(event) in _KEYS} | _payments(said).keys()
        done = [call for call in silent if _is_done(call, named) or (said and call.kind not in SAYS_ITS_NAME)]
        self._settle(mined, done)
        sentences = [self._sentence(verdict) for verdict in verdicts]
        sentences += [self._unheard(mined, call) for call in silent if call not in done]
        return [refusal for refusal in sentences if refusal is not None]

    def _unheard(self, mined: Mined, call: OpenCall) -> CallRefused | None:
        """Send a call again of which its transaction said nothing, or refuse it on its last try.

        `claimMany` stopped before it, its nonce was filled, or what stands at our contract's address is not our code.
        """
        if self._has_tries_left(call):
            self._release([call], reverts=1)
            return None
        if self._has_happened(call, mined):
            self._settle(mined, [call])
            return None
        contract = self._addresses.escrow if call.lane else self._addresses.stablecoin
        return self._refusal(Verdict(call, mined, UNEXPLAINED, -1, contract))

    def _verdicts(self, mined: Mined, carried: Sequence[OpenCall], said: Sequence[Event]) -> list[Verdict]:
        by_id = {call.id: call for call in carried}
        by_key = {call.key: call for call in carried}
        found = []
        for event in said:
            if isinstance(event, CallFailed) and event.contract == self._addresses.batch:
                call, reason = by_id.get(mined.calls[event.index]), error_name(event.reason)
            elif isinstance(event, ClaimSkipped):
                call, reason = by_key.get(f"packet-claim:{event.packet}:{event.account}"), error_name(event.reason)
            else:
                continue
            if call is not None:
                found.append(Verdict(call, mined, reason, event.log_index, event.contract))
        return found

    def _judge_reverted(self, mined: Mined, carried: Sequence[OpenCall]) -> list[CallRefused]:
        """A whole transaction failed: its calls go on in smaller company, and one that was alone is refused."""
        error, contract = evidence.why_reverted(self._rpc, mined.hash)
        if error in WAITS:
            # One mint above the reserve must not hold up the others; a pause holds up all alike.
            apart = int(len(mined.calls) > 1 and error == "ReserveExceeded")
            self._release(carried, reverts=apart, wait_s=WAITS[error], forgiven=1)
            return []
        if len(mined.calls) > 1:
            self._release(carried, reverts=1)
            return []
        if error == UNEXPLAINED:
            error = self._known.get(carried[0].key, error)  # a node forgets old states, we need not
        sentence = self._sentence(Verdict(carried[0], mined, error, -1, contract))
        return [] if sentence is None else [sentence]

    def _sentence(self, verdict: Verdict) -> CallRefused | None:
        """Refuse a call, unless it is done after all or the reason passes."""
        call, error = verdict.call, verdict.error
        may_be = error in USED_ALREADY or error == UNEXPLAINED or call.kind == CallKind.PERMIT
        if may_be and self._has_happened(call, verdict.mined):
            self._settle(verdict.mined, [call])
            return None
        if error in WAITS and call.kind == CallKind.PACKET_CLAIM:
            self._release([call], wait_s=WAITS[error], forgiven=1)
            return None
        if OUT_OF_TURN.get(CallKind(call.kind)) == error and self._has_overtaken(verdict):
            self._release([call], wait_s=2 ** (call.attempts - 1))
            return None
        if self._may_go_again(call, error):
            self._release([call], reverts=int(error == "InsufficientGas"))
            return None
        return self._refusal(verdict)

    def _has_happened(self, call: OpenCall, mined: Mined) -> bool:
        """Whether the call's event stands on the chain up to the block that judges it, whoever brought it about."""
        asked = (call.kind, call.key, call.arguments)
        return evidence.happened(self._rpc, self._addresses, *asked, until=mined.header.number)

    def _refusal(self, verdict: Verdict) -> CallRefused:
        call, error = verdict.call, verdict.error
        if call.trace:
            self.traced.append((call.trace, verdict.mined, error))
        self._session.execute(
            text("UPDATE chain_calls SET settled_block = :block, refusal = :error WHERE id = :id"),
            {"block": verdict.mined.header.number, "error": error, "id": call.id},
        )
        return CallRefused(
            block=verdict.mined.header.number,
            log_index=verdict.log_index,
            block_time=verdict.mined.header.time,
            transaction=verdict.mined.hash,
            contract=verdict.contract,
            key=call.key,
            kind=call.kind,
            error=error,
            arguments=call.arguments,
        )

    def _may_go_again(self, call: OpenCall, error: str) -> bool:
        if not self._has_tries_left(call):
            return False
        if error == "PacketNotOpen" and call.kind == CallKind.PACKET_CLAIM:
            return self._is_opening(call)
        return error in GOES_OUT_AGAIN

    def _has_overtaken(self, verdict: Verdict) -> bool:
        """Whether the call before is on its way; not for ever: up to `MOST_ATTEMPTS`, each after twice as long."""
        call = verdict.call
        if not self._has_tries_left(call):
            return False
        asked = {
            "block": verdict.mined.header.number,
            "kind": call.kind,
            "subject": call.arguments["subject"],
            "number": call.arguments["number"],
        }
        return self._session.execute(_OVERTAKEN, asked).first() is not None

    def _has_tries_left(self, call: OpenCall) -> bool:
        return call.attempts < MOST_ATTEMPTS or call.attempts < MOST_ATTEMPTS + self._moves(call)

    def _moves(self, call: OpenCall) -> int:
        """Return how often the packet of a claim has moved on: so many tries may have met a false position.

        Anybody can carry our `claimMany` before us with gas for one claim, and so spoil our own for all the others.
        """
        if call.kind != CallKind.PACKET_CLAIM:
            return 0
        drawn = "lane = :lane AND kind = :kind AND settled_block IS NOT NULL AND refusal IS NULL"
        found = self._session.execute(
            text(f"SELECT count(*) FROM chain_calls WHERE {drawn}"),  # noqa: S608 - our own words
            {"lane": call.lane, "kind": call.kind},
        )
        return int(found.scalar_one())

    def _is_opening(self, call: OpenCall) -> bool:
        """Whether the packet's creation is still on its way (after a reorg a claim may overtake it)."""
        key = f"packet-create:{call.arguments['packet']}"
        found = self._session.execute(
            text("SELECT 1 FROM chain_calls WHERE key = :key AND settled_block IS NULL"), {"key": key}
        )
        return found.first() is not None

    def _settle(self, mined: Mined, calls: Sequence[OpenCall]) -> None:
        if calls:
            self.traced += [(call.trace, mined, None) for call in calls if call.trace]
            self._session.execute(
                text("UPDATE chain_calls SET settled_block = :block WHERE id = ANY(:ids)"),
                {"block": mined.header.number, "ids": [call.id for call in calls]},
            )

    def _release(self, calls: Sequence[OpenCall], *, reverts: int = 0, wait_s: int = 0, forgiven: int = 0) -> None:
        if calls:
            self._released = True
            self._session.execute(
                text(
                    "UPDATE chain_calls SET transaction_id = NULL, reverts = reverts + :reverts,"
                    # A try that met what passes by itself is forgiven: it does not count.
                    " attempts = greatest(attempts - :forgiven, 0),"
                    " retry_at = now() + make_interval(secs => :wait) WHERE id = ANY(:ids)"
                ),
                {"reverts": reverts, "wait": wait_s, "forgiven": forgiven, "ids": [call.id for call in calls]},
            )
