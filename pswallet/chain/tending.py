"""Transactions on their way: sent again when a node forgot them, replaced by a higher fee when they linger, their nonce
filled when they can never be mined, and their calls set free when somebody else used it."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import structlog
from prometheus_client import Counter
from sqlalchemy import text

from pswallet.chain import outbox, sendings
from pswallet.chain.deploy import current_fee
from pswallet.chain.rpc import Rpc, RpcError, RpcUnavailable
from pswallet.chain.sendings import Unmined
from pswallet.chain.transactions import Draft, Fee, decoded, repriced, sign_transaction
from pswallet.kit.db import Sessions, transaction

log = structlog.get_logger()

RAISED_BY_PERCENT = 13
"""Nodes want 10 to 12.5 % more before they replace a pending transaction."""

MOST_VERSIONS = 8
"""How often a fee is raised while the market's own fee has not passed it."""

_HOPELESS = (
    "intrinsic gas",
    "block gas limit",
    "gas limit too high",
    "gas too high",
    "gaslimitexceeded",
    "exceeds the configured cap",
    "oversized",
    "initcode",
    "invalid sender",
    "invalid signature",
    "invalid transaction v, r, s",
    "invalid chain id",
    "chain id mismatch",
    "type not supported",
    "rlp",
)
"""What nodes say of a transaction that they will never take. Everything else passes, or is known already."""


class Patience(Protocol):
    """The times of `relayer.Tuning` that matter here."""

    @property
    def resend_after_s(self) -> float:
        """Silence after which a transaction goes out again."""
        ...

    @property
    def replace_after_s(self) -> float:
        """Age of a version after which a dearer one is made."""
        ...

    @property
    def tend_every_s(self) -> float:
        """Time between two looks."""
        ...


class Sent(Protocol):
    """A stored transaction."""

    @property
    def sender(self) -> str:
        """Whose it is."""
        ...

    @property
    def nonce(self) -> int:
        """Its nonce."""
        ...

    @property
    def raw(self) -> bytes:
        """The signed bytes."""
        ...


class Tending:
    """Looks after the transactions of the senders in `keys` (address → private key)."""

    def __init__(
        self,
        rpc: Rpc,
        sessions: Sessions,
        chain_id: int,
        keys: Mapping[str, bytes],
        patience: Patience,
        troubles: Counter,
    ) -> None:
        self._rpc = rpc
        self._sessions = sessions
        self._chain_id = chain_id
        self._keys = keys
        self._patience = patience
        self._troubles = troubles
        self._last_look = float("-inf")

    def send(self, stored: Sequence[Sent]) -> None:
        """Hand stored transactions to the node; one that it will never take has its nonce filled.

        Raises RpcUnavailable: they go out later, for they are stored.
        """
        answers = self._rpc.batch([("eth_sendRawTransaction", ["0x" + one.raw.hex()]) for one in stored])
        for one, answer in zip(stored, answers, strict=True):
            if isinstance(answer, RpcError) and self._is_hopeless(answer):
                self._troubles.labels("refused_by_node").inc()
                log.error("transaction_refused_by_node", sender=one.sender, nonce=one.nonce, reason=answer.message)
                self._fill(one.sender, one.nonce)

    @staticmethod
    def _is_hopeless(error: RpcError) -> bool:
        message = error.message.lower()
        return any(known in message for known in _HOPELESS)

    def step(self) -> bool:
        """Look after everything unmined, at most once every `tend_every_s`. True if anything was sent."""
        if time.monotonic() - self._last_look < self._patience.tend_every_s:
            return False
        self._last_look = time.monotonic()
        with transaction(self._sessions) as session:
            pending = sendings.unmined(session, list(self._keys))
        silent = [one for one in pending if one.silent_for_s() > self._patience.resend_after_s]
        if not silent:
            return False
        nonces = self.chain_nonces(sorted({one.sender for one in silent}))
        used = [one for one in silent if one.nonce < nonces[one.sender]]
        self._free_the_lost(used)
        waiting = [one for one in pending if one.sender in nonces and one.nonce >= nonces[one.sender]]
        filled = self._fill_gaps(nonces, waiting)
        return self._send_again([one for one in waiting if one in silent], nonces) or filled

    def chain_nonces(self, senders: Sequence[str], block: str = "latest") -> dict[str, int]:
        """Return how many transactions of each sender the chain holds. Raises RpcUnavailable, also for a node's no."""
        answers = self._rpc.batch([("eth_getTransactionCount", [sender, block]) for sender in senders])
        for answer in answers:
            if isinstance(answer, RpcError):
                raise RpcUnavailable(answer.message)
        return {sender: int(answer, 16) for sender, answer in zip(senders, answers, strict=True)}

    def _send_again(self, silent: Sequence[Unmined], nonces: Mapping[str, int]) -> bool:
        """Send what went silent; the one that holds its sender up and is old goes out with a higher fee."""
        if not silent:
            return False
        fee: Fee | None = None
        going: list[Unmined | _Version] = []
        for one in silent:
            if one.nonce == nonces[one.sender] and one.waiting_for_s() > self._patience.replace_after_s:
                fee = fee or current_fee(self._rpc)
                # When nothing is mined at all, offering ever more does not help.
                if one.versions < MOST_VERSIONS or one.max_fee < fee.most:
                    going.append(self._replaced(one, fee))
                    continue
            going.append(one)
        with transaction(self._sessions) as session:
            sendings.mark_sent(session, [one.id for one in silent])
        self._troubles.labels("resent").inc(len(going))
        self.send(going)
        with transaction(self._sessions) as session:
            session.execute(text(f"NOTIFY {outbox.INDEXER_CHANNEL}"))
        return True

    def _replaced(self, one: Unmined, fee: Fee) -> "_Version":
        """Store a dearer version of a transaction and return it."""
        raised = _fee_of(one.raw).raised(RAISED_BY_PERCENT)
        dearer = Fee(max(raised.most, fee.most), None if raised.tip is None else max(raised.tip, fee.tip or 0))
        signed = repriced(one.raw, dearer, self._keys[one.sender])
        with transaction(self._sessions) as session:
            sendings.store_version(session, one.id, signed, dearer.most)
        self._troubles.labels("fee_raised").inc()
        log.info("fee_raised", sender=one.sender, nonce=one.nonce, most=dearer.most)
        return _Version(one.sender, one.nonce, signed.raw)

    def _free_the_lost(self, used: Sequence[Unmined]) -> None:
        """Free the calls of transactions whose nonce a transaction of somebody else used (the same key elsewhere)."""
        for one in used:
            with transaction(self._sessions) as session:
                versions = sendings.hashes(session, one.id)
                cursor = outbox.last_block(session)
            receipts = self._rpc.batch([("eth_getTransactionReceipt", [version]) for version in versions])
            if cursor is None or any(receipt is not None for receipt in receipts):
                continue  # ours: the indexer is about to read it
            reached = self.chain_nonces([one.sender], hex(cursor.number))[one.sender]
            if reached <= one.nonce:
                continue
            with transaction(self._sessions) as session:
                sendings.skip_to(session, one.sender, reached)
                sendings.mark_lost(session, one.id, cursor.number)
                sendings.release(session, one.id, reverts=0)
            self._troubles.labels("nonce_used_elsewhere").inc()
            log.warning("nonce_used_elsewhere", sender=one.sender, nonce=one.nonce)

    def _fill_gaps(self, nonces: Mapping[str, int], waiting: Sequence[Unmined]) -> bool:
        """Use up nonces of which nothing is stored, below one that waits: it could never be mined."""
        filled = False
        for sender, first in nonces.items():
            mine = {one.nonce for one in waiting if one.sender == sender}
            for nonce in range(first, max(mine, default=first)):
                if nonce not in mine:
                    self._fill(sender, nonce)
                    filled = True
        return filled

    def _fill(self, sender: str, nonce: int) -> None:
        """Store and send an empty transfer to oneself with this nonce; the calls that it carried wait again.

        A call that was alone on its last try stays behind: once the nonce is used up, it is refused.
        """
        market = current_fee(self._rpc)
        with transaction(self._sessions) as session:
            known = sendings.find(session, sender, nonce)
            if known is not None and known.versions >= MOST_VERSIONS and known.max_fee >= market.most:
                log.error("nonce_stuck", sender=sender, nonce=nonce)
                return
            fee = market if known is None else Fee(max(market.most, _raised(known.max_fee)), market.tip)
            signed = sign_transaction(Draft(self._chain_id, nonce, sender, b"", 21_000, fee), self._keys[sender])
            if known is None:
                sendings.store(session, sender=sender, nonce=nonce, signed=signed, max_fee=fee.most, call_ids=[])
            else:
                sendings.store_version(session, known.id, signed, fee.most)
                if not sendings.is_last_try(session, known.id):
                    sendings.release(session, known.id, reverts=1)
        answer: Any = self._rpc.batch([("eth_sendRawTransaction", ["0x" + signed.raw.hex()])])[0]
        self._troubles.labels("nonce_filled").inc()
        log.info("nonce_filled", sender=sender, nonce=nonce, answer=str(answer))


def _raised(max_fee: int) -> int:
    return Fee(max_fee, None).raised(RAISED_BY_PERCENT).most


class _Version:
    """A signed version that was just stored."""

    def __init__(self, sender: str, nonce: int, raw: bytes) -> None:
        self.sender = sender
        self.nonce = nonce
        self.raw = raw


def _fee_of(raw: bytes) -> Fee:
    if raw[0] != 2:
        return Fee(int.from_bytes(decoded(raw)[1], "big"), None)
    fields = decoded(raw[1:])
    return Fee(int.from_bytes(fields[3], "big"), int.from_bytes(fields[2], "big"))
