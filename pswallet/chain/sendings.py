"""The relayer's statements: which calls wait, and transactions stored before they are sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from pswallet.chain.outbox import INDEXER_CHANNEL
from pswallet.chain.packing import Lane, Waiting
from pswallet.chain.transactions import Signed

MOST_ATTEMPTS = 8
"""A call that went out this often for a reason outside itself, its packet standing still, is refused after all."""

_LOCK_SENDERS = text(
    """
    SELECT s.address, s.next_nonce, (
        SELECT count(*) FROM chain_transactions t WHERE t.sender = s.address AND t.mined_block IS NULL
    )
    FROM chain_senders s WHERE s.address = ANY(:addresses)
    FOR UPDATE OF s SKIP LOCKED
    """
)
_WAITING = text(
    """
    SELECT id, key, kind, CAST(arguments AS text), lane, position, attempts, reverts,
        CAST(extract(epoch FROM now() - left_at) AS float), trace
    FROM chain_calls
    WHERE transaction_id IS NULL AND settled_block IS NULL AND (retry_at IS NULL OR retry_at <= now())
        AND kind = ANY(:kinds)
    ORDER BY id LIMIT :most
    FOR UPDATE SKIP LOCKED
    """
)
_LANES = text(
    """
    SELECT l.lane, l.dealt, l.refused, l.highest, t.sender FROM (
        SELECT c.lane,
            count(*) FILTER (WHERE c.kind = 'packet-claim' AND c.refusal IS NULL
                AND (c.transaction_id IS NOT NULL OR c.settled_block IS NOT NULL)) AS dealt,
            count(*) FILTER (WHERE c.kind = 'packet-claim' AND c.refusal IS NOT NULL) AS refused,
            max(c.position) FILTER (WHERE c.settled_block IS NULL AND c.transaction_id IS NOT NULL) AS highest,
            max(c.transaction_id) FILTER (WHERE c.settled_block IS NULL) AS last
        FROM chain_calls c WHERE c.lane = ANY(:lanes) GROUP BY c.lane
    ) l LEFT JOIN chain_transactions t ON t.id = l.last
    """
)
_STORE = text(
    """
    WITH made AS (
        INSERT INTO chain_transactions (sender, nonce, call_ids, sent_at)
        VALUES (:sender, :nonce, :call_ids, now()) RETURNING id
    ), signed AS (
        INSERT INTO chain_sendings (hash, transaction_id, raw, max_fee)
        SELECT :hash, id, :raw, :max_fee FROM made
    )
    UPDATE chain_calls SET transaction_id = made.id, attempts = attempts + 1, retry_at = NULL
    FROM made WHERE chain_calls.id = ANY(:call_ids)
    """
)
_UNMINED = text(
    """
    SELECT t.id, t.sender, t.nonce, t.sent_at, s.hash, s.raw, s.max_fee, s.created_at, s.versions, now()
    FROM chain_transactions t
    JOIN LATERAL (
        SELECT hash, raw, max_fee, created_at, count(*) OVER () AS versions FROM chain_sendings
        WHERE transaction_id = t.id ORDER BY max_fee DESC LIMIT 1
    ) s ON true
    WHERE t.mined_block IS NULL AND t.sender = ANY(:senders)
    ORDER BY t.sender, t.nonce
    """
)
_RELEASE = text(
    """
    UPDATE chain_calls SET transaction_id = NULL, reverts = reverts + :reverts,
        retry_at = CASE WHEN attempts > 5 THEN now() + interval '1 minute' END
    WHERE transaction_id = :id AND settled_block IS NULL
    """
)
_FIND = text(
    """
    SELECT t.id, max(s.max_fee), count(*)
    FROM chain_transactions t JOIN chain_sendings s ON s.transaction_id = t.id
    WHERE t.sender = :sender AND t.nonce = :nonce GROUP BY t.id
    """
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A transaction, its dearest version's fee, and how many versions it has."""

    id: int
    max_fee: int
    versions: int


@dataclass(frozen=True, slots=True)
class Unmined:
    """A transaction that no read block holds, with its dearest signed version. Ages are by the database's clock."""

    id: int
    sender: str
    nonce: int
    sent_at: datetime | None
    hash: str
    raw: bytes
    max_fee: int
    signed_at: datetime
    versions: int
    now: datetime

    def silent_for_s(self) -> float:
        """Seconds since it was last handed to a node; infinite when it must go out now."""
        return float("inf") if self.sent_at is None else (self.now - self.sent_at).total_seconds()

    def waiting_for_s(self) -> float:
        """Seconds since this version was signed."""
        return (self.now - self.signed_at).total_seconds()


def introduce_senders(session: Session, nonces: dict[str, int]) -> None:
    """Make sure that each sender has its row; a new one begins at the chain's nonce."""
    for address, nonce in nonces.items():
        session.execute(
            text("INSERT INTO chain_senders (address, next_nonce) VALUES (:address, :nonce) ON CONFLICT DO NOTHING"),
            {"address": address, "nonce": nonce},
        )


def lock_senders(session: Session, addresses: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Take the right to send with those of `addresses` that nobody else holds.

    Return the next nonce of each, and how many of its transactions no read block holds.
    """
    rows = session.execute(_LOCK_SENDERS, {"addresses": list(addresses)})
    return {address: (nonce, unmined_) for address, nonce, unmined_ in rows}


def advance(session: Session, sender: str, nonce: int) -> None:
    """Remember the next nonce of a locked sender; the indexer wakes at the commit."""
    session.execute(
        text(
            "WITH advanced AS (UPDATE chain_senders SET next_nonce = :nonce WHERE address = :sender)"
            " SELECT pg_notify(:channel, '')"
        ),
        {"sender": sender, "nonce": nonce, "channel": INDEXER_CHANNEL},
    )


def skip_to(session: Session, sender: str, nonce: int) -> None:
    """Pass over nonces below `nonce`: the chain has counted them already."""
    session.execute(
        text("UPDATE chain_senders SET next_nonce = greatest(next_nonce, :nonce) WHERE address = :sender"),
        {"sender": sender, "nonce": nonce},
    )


def waiting(session: Session, kinds: Sequence[str], most: int) -> list[Waiting]:
    """Take up to `most` waiting calls of `kinds`, oldest first, past those that another relayer is taking."""
    rows = session.execute(_WAITING, {"kinds": list(kinds), "most": most}).all()
    return [Waiting(id_, key, kind, orjson.loads(arguments), *others) for id_, key, kind, arguments, *others in rows]


def put_off(session: Session, ids: Sequence[int], wait_s: float) -> None:
    """Leave these calls aside for `wait_s`."""
    session.execute(
        text("UPDATE chain_calls SET retry_at = now() + make_interval(secs => :wait) WHERE id = ANY(:ids)"),
        {"wait": wait_s, "ids": list(ids)},
    )


def lanes(session: Session, names: Sequence[str]) -> dict[str, Lane]:
    """Return how far the claims of each packet have got."""
    if not names:
        return {}
    rows = session.execute(_LANES, {"lanes": list(names)})
    return {lane: Lane(dealt, refused, highest, sender) for lane, dealt, refused, highest, sender in rows}


def store(session: Session, *, sender: str, nonce: int, signed: Signed, max_fee: int, call_ids: Sequence[int]) -> None:
    """Bind calls to a signed transaction. It may be sent only after the commit."""
    session.execute(
        _STORE,
        {
            "sender": sender,
            "nonce": nonce,
            "call_ids": list(call_ids),
            "hash": signed.hash,
            "raw": signed.raw,
            "max_fee": max_fee,
        },
    )


def store_version(session: Session, transaction_id: int, signed: Signed, max_fee: int) -> None:
    """Add another signed version of a transaction: a higher fee, or one that only uses up the nonce."""
    session.execute(
        text(
            "INSERT INTO chain_sendings (hash, transaction_id, raw, max_fee) VALUES (:hash, :id, :raw, :max_fee)"
            " ON CONFLICT DO NOTHING"
        ),
        {"hash": signed.hash, "id": transaction_id, "raw": signed.raw, "max_fee": max_fee},
    )


def unmined(session: Session, senders: Sequence[str]) -> list[Unmined]:
    """Return the transactions that no read block holds, by sender and nonce."""
    return [Unmined(*row) for row in session.execute(_UNMINED, {"senders": list(senders)}).all()]


def mark_sent(session: Session, ids: Sequence[int]) -> None:
    """Note that these transactions were just handed to a node."""
    session.execute(text("UPDATE chain_transactions SET sent_at = now() WHERE id = ANY(:ids)"), {"ids": list(ids)})


def mark_lost(session: Session, transaction_id: int, block: int) -> None:
    """Note that somebody else used the nonce by `block`; a rollback below it brings the transaction back."""
    session.execute(
        text("UPDATE chain_transactions SET mined_block = :block WHERE id = :id AND mined_block IS NULL"),
        {"id": transaction_id, "block": block},
    )


def release(session: Session, transaction_id: int, *, reverts: int) -> None:
    """Let the unsettled calls of a transaction wait for another one."""
    session.execute(_RELEASE, {"id": transaction_id, "reverts": reverts})


def find(session: Session, sender: str, nonce: int) -> Kept | None:
    """Return the stored transaction with this nonce."""
    found = session.execute(_FIND, {"sender": sender, "nonce": nonce}).one_or_none()
    return Kept(*found) if found else None


def is_last_try(session: Session, transaction_id: int) -> bool:
    """Whether a transaction carries one call alone that has gone out `MOST_ATTEMPTS` times."""
    found = session.execute(
        text(
            "SELECT 1 FROM chain_transactions t JOIN chain_calls c ON c.id = ANY(t.call_ids)"
            " WHERE t.id = :id AND cardinality(t.call_ids) = 1 AND c.attempts >= :most"
        ),
        {"id": transaction_id, "most": MOST_ATTEMPTS},
    )
    return found.first() is not None


def shelve(session: Session, call_id: int) -> None:
    """Put a call aside until somebody looks at it."""
    session.execute(text("UPDATE chain_calls SET retry_at = 'infinity' WHERE id = :id"), {"id": call_id})


def hashes(session: Session, transaction_id: int) -> list[str]:
    """Return the hash of each signed version of a transaction."""
    found = session.execute(text("SELECT hash FROM chain_sendings WHERE transaction_id = :id"), {"id": transaction_id})
    return list(found.scalars())
