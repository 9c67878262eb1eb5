"""The way down: takes waiting calls, binds them to signed transactions in one commit, then sends.

It may be killed anywhere. What it stored it sends again, byte for byte; what it did not store still waits.
"""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, replace

import structlog
from sqlalchemy.orm import Session

from pswallet.chain import deploy, packing, sendings, traces
from pswallet.chain.bell import PASSING, Bell
from pswallet.chain.dealer import Dealer
from pswallet.chain.deploy import Deployment, current_fee
from pswallet.chain.figures import RelayerFigures
from pswallet.chain.keys import Keys
from pswallet.chain.outbox import RELAYER_CHANNEL, CallKind
from pswallet.chain.packing import NEEDS_TERMS, ROLE_FORMS, Group, Lane, Parcel, Waiting
from pswallet.chain.rpc import Rpc
from pswallet.chain.signing import address_of
from pswallet.chain.tending import Tending
from pswallet.chain.terms import PacketTerms
from pswallet.chain.transactions import Draft, Fee, sign_transaction
from pswallet.kit.db import Sessions, transaction

log = structlog.get_logger()

Packets = Callable[[Session, list[str]], dict[str, PacketTerms]]
"""Looks up the terms of packets by id; the feature answers."""

TAKEN_AT_ONCE = 1200
FEE_LIFETIME_S = 2.0
UNKNOWN_WAITS_S = 60
"""How long a call waits whose packet nobody knows (yet)."""

MALFORMED = (ValueError, KeyError, TypeError, OverflowError)
"""What encoding a call raises whose arguments are not what its kind asks for."""

KNOWN_PACKETS = 20_000
"""Terms never change, so they are remembered; beyond this many the memory starts afresh."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """How patient the relayer is. Seconds are of the database's clock."""

    in_flight: int = 12
    """Unmined transactions a key may have, whatever waits."""
    full_load: int = packing.MAX_CALLS
    """Fewer waiting calls than this gather for `gather_s` while their key's last transaction is under way, and travel
    in larger company, each for less gas and in fewer blocks."""
    gather_s: float = 0.5
    """Longer than a block of a quick chain; a slow one's blocks, and its confirmations, are not waited for."""
    resend_after_s: float = 1.5
    replace_after_s: float = 20.0
    tend_every_s: float = 0.3


@dataclass(frozen=True, slots=True)
class Stored:
    """A transaction of this pass, committed and ready to be sent."""

    sender: str
    nonce: int
    raw: bytes
    hash: str
    calls: tuple[Waiting, ...]


class Relayer:
    """Carries calls down. `packets` finds a packet's terms, `dealer` deals lucky draws."""

    def __init__(
        self,
        rpc: Rpc,
        sessions: Sessions,
        keys: Keys,
        deployment: Deployment,
        packets: Packets,
        dealer: Dealer,
        tuning: Tuning | None = None,
    ) -> None:
        self._rpc = rpc
        self._sessions = sessions
        self._deployment = deployment
        self._packets = packets
        self._dealer = dealer
        self._tuning = tuning or Tuning()
        # In this order: a mint left together with its attestation finds it on the chain.
        self._roles = {name: getattr(keys, name) for name in ("compliance", "reserve", "minter", "anchorer")}
        self._role_senders = {name: address_of(key) for name, key in self._roles.items()}
        self._keys = {address_of(key): key for key in [*keys.relayers, *self._roles.values()]}
        self._relayers = [address_of(key) for key in keys.relayers]
        self._known: dict[str, PacketTerms] = {}
        self._fee: tuple[float, Fee] | None = None
        self._turn = 0
        self._sent_at: dict[str, float] = {}
        self._introduced = False
        self.figures = RelayerFigures()
        self._role_of = dict.fromkeys(self._relayers, "relayer") | {
            who: role for role, who in self._role_senders.items()
        }
        self._tending = Tending(rpc, sessions, deployment.chain_id, self._keys, self._tuning, self.figures.troubles)

    def close(self) -> None:
        """Let go of what it holds; nothing today, symmetrical with the indexer."""

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. A chain or database that is away or says no is waited for."""
        with Bell(self._sessions, RELAYER_CHANNEL, "relayer") as bell:
            while not stop.is_set():
                bell.wait(0.0)  # however busy, and though the chain be away: be seen
                try:
                    moved = self.step()
                except PASSING as error:
                    self.figures.troubles.labels("waited").inc()
                    log.warning("relayer_waits", reason=type(error).__name__, said=getattr(error, "message", None))
                    stop.wait(0.5)
                    continue
                if not moved:
                    bell.wait(self._tuning.tend_every_s)  # the indexer rings when a key is free again

    def step(self) -> bool:
        """Make one pass: send what waits, then tend what is on its way. True if anything went out.

        Raises RpcUnavailable, RpcError; calls then wait, and stored transactions go out later. The first pass raises
        DeploymentMismatch on a chain without our contracts: every call would come to nothing there.
        """
        self._introduce()
        stored = self._store_waiting(self._current_fee())
        if stored:
            began = time.monotonic()
            self._tending.send(stored)
            traces.note_sent(stored, seconds=time.monotonic() - began)
        return self._tending.step() or bool(stored)

    def _introduce(self) -> None:
        if self._introduced:
            return
        deploy.check(self._rpc, self._deployment)
        nonces = self._tending.chain_nonces(list(self._keys))
        with transaction(self._sessions) as session:
            sendings.introduce_senders(session, nonces)
        self._introduced = True

    def _current_fee(self) -> Fee:
        if self._fee is None or time.monotonic() - self._fee[0] > FEE_LIFETIME_S:
            self._fee = (time.monotonic(), current_fee(self._rpc))
            self.figures.gas_price.set(self._fee[1].most)
        return self._fee[1]

    def _store_waiting(self, fee: Fee) -> list[Stored]:
        """Take calls and store the signed transactions that carry them, all in one commit."""
        with transaction(self._sessions) as session:
            locked = sendings.lock_senders(session, list(self._keys))
            self._show_in_flight(locked)
            nonces = self._ready(locked, self._tuning.in_flight)
            calls = sendings.waiting(session, self._kinds_of(nonces), TAKEN_AT_ONCE) if nonces else []
            if len(calls) < self._tuning.full_load:
                nonces = {sender: nonce for sender, nonce in nonces.items() if not self._gathers(sender, locked)}
            if not calls or not nonces:
                return []
            self._learn_terms(session, calls)
            try:
                planned = list(self._planned(session, nonces, calls))
            except MALFORMED:
                planned = list(self._planned(session, nonces, self._without_malformed(session, calls)))
            return [
                self._store(session, sender, nonce, parcel, fee)
                for sender, nonce, parcel in self._numbered(session, nonces, planned)
            ]

    def _show_in_flight(self, locked: dict[str, tuple[int, int]]) -> None:
        """Show what is on its way by role: relayers have several keys."""
        found: Counter[str] = Counter()
        for sender, (_, unmined) in locked.items():
            found[self._role_of[sender]] += unmined
        for role, unmined in found.items():
            self.figures.in_flight.labels(role).set(unmined)

    @staticmethod
    def _ready(locked: dict[str, tuple[int, int]], in_flight: int) -> dict[str, int]:
        """Return the next nonces of the senders with fewer than `in_flight` unmined transactions."""
        return {sender: nonce for sender, (nonce, unmined) in locked.items() if unmined < in_flight}

    def _gathers(self, sender: str, locked: dict[str, tuple[int, int]]) -> bool:
        """Whether a sender waits a moment for more calls: what it sent a moment ago is not mined yet."""
        return locked[sender][1] > 0 and time.monotonic() - self._sent_at.get(sender, 0.0) < self._tuning.gather_s

    def _kinds_of(self, ready: Container[str]) -> list[str]:
        """Return the kinds of call that these senders carry."""
        roles = {role for role, sender in self._role_senders.items() if sender in ready}
        kinds: list[str] = [kind for kind, form in ROLE_FORMS.items() if form.role in roles]
        if any(sender in ready for sender in self._relayers):
            kinds += [kind for kind in CallKind if kind not in ROLE_FORMS]
        return kinds

    def _numbered(
        self, session: Session, nonces: dict[str, int], planned: Sequence[tuple[str, Parcel]]
    ) -> Iterator[tuple[str, int, Parcel]]:
        """Give each parcel the next nonce of its sender."""
        used = dict(nonces)
        for sender, parcel in planned:
            yield sender, used[sender], parcel
            used[sender] += 1
        for sender, nonce in used.items():
            if nonce != nonces[sender]:
                self._sent_at[sender] = time.monotonic()
                sendings.advance(session, sender, nonce)

    def _store(self, session: Session, sender: str, nonce: int, parcel: Parcel, fee: Fee) -> Stored:
        draft = Draft(self._deployment.chain_id, nonce, parcel.to, parcel.data, parcel.gas, fee)
        signed = sign_transaction(draft, self._keys[sender])
        ids = [call.id for call in parcel.calls]
        sendings.store(session, sender=sender, nonce=nonce, signed=signed, max_fee=fee.most, call_ids=ids)
        self.figures.stored(self._role_of[sender], parcel)
        return Stored(sender, nonce, signed.raw, signed.hash, parcel.calls)

    def _without_malformed(self, session: Session, calls: Sequence[Waiting]) -> list[Waiting]:
        """Shelve the calls that cannot be encoded: a fault of ours, which must not hold up everybody else."""
        sound = [call for call in calls if packing.is_sound(call, self._deployment, self._known)]
        kept = {call.id for call in sound}
        for call in calls:
            if call.id not in kept:
                self.figures.troubles.labels("malformed").inc()
                log.error("call_malformed", key=call.key)
                sendings.shelve(session, call.id)
        return sound

    # --- which sender carries what ---

    def _planned(
        self, session: Session, ready: dict[str, int], calls: Sequence[Waiting]
    ) -> Iterator[tuple[str, Parcel]]:
        """Yield every transaction that can go out now, with its sender."""
        calls = [call for call in calls if call.kind not in NEEDS_TERMS or call.arguments["packet"] in self._known]
        yield from self._role_acts(ready, [call for call in calls if call.kind in ROLE_FORMS])
        relayers = [sender for sender in self._relayers if sender in ready]
        if relayers:
            rest = [call for call in calls if call.kind not in ROLE_FORMS]
            yield from self._intents_and_claims(session, relayers, rest)

    def _role_acts(self, ready: dict[str, int], calls: Sequence[Waiting]) -> Iterator[tuple[str, Parcel]]:
        for role, sender in self._role_senders.items():
            mine = [call for call in calls if ROLE_FORMS[call.kind].role == role]
            if sender in ready:
                for parcel in packing.role_parcels(mine, self._deployment):
                    yield sender, parcel

    def _intents_and_claims(
        self, session: Session, relayers: list[str], calls: Sequence[Waiting]
    ) -> Iterator[tuple[str, Parcel]]:
        lanes = sendings.lanes(session, sorted({call.lane for call in calls if call.lane is not None}))
        intents: dict[str, list[Waiting]] = defaultdict(list)
        self._turn += 1
        for call in calls:
            sender = self._sender_of(call.lane, lanes, relayers)
            if sender and call.kind != CallKind.PACKET_CLAIM:
                intents[sender].append(call)
        groups = self._groups(lanes, relayers, [call for call in calls if call.kind == CallKind.PACKET_CLAIM])
        for sender in relayers:
            # A packet is opened before it is claimed: the same sender, so the same order after a reorg.
            for parcel in packing.intent_parcels(intents[sender], self._deployment, self._known):
                yield sender, parcel
            for parcel in packing.claim_parcels(groups[sender], self._deployment.escrow, self._dealer):
                yield sender, parcel

    def _groups(self, lanes: dict[str, Lane], relayers: list[str], claims: Sequence[Waiting]) -> dict[str, list[Group]]:
        """Return the claims that can go out now, packet by packet, by sender."""
        queues: dict[str, list[Waiting]] = defaultdict(list)
        for call in claims:
            queues[call.arguments["packet"]].append(call)
        groups: dict[str, list[Group]] = defaultdict(list)
        for packet, queue in queues.items():
            sender = self._sender_of(packet, lanes, relayers)
            group = packing.next_claims(self._known[packet], lanes.get(packet, Lane()), queue)
            if sender and group:
                groups[sender].append(group)
        return groups

    def _sender_of(self, lane: str | None, lanes: dict[str, Lane], relayers: list[str]) -> str | None:
        """Return who carries a call: a lane stays with its sender while something of it is under way.

        None when that sender cannot send now.
        """
        if lane is None:
            return relayers[self._turn % len(relayers)]
        bound = lanes.get(lane, Lane()).sender
        if bound is not None:
            return bound if bound in relayers else None
        chosen = self._relayers[int(lane[-8:], 16) % len(self._relayers)]
        return chosen if chosen in relayers else None

    def _learn_terms(self, session: Session, calls: Sequence[Waiting]) -> None:
        wanted = {call.arguments["packet"] for call in calls if call.kind in NEEDS_TERMS}
        unknown = sorted(wanted - self._known.keys())
        if not unknown:
            return
        if len(self._known) > KNOWN_PACKETS:
            self._known.clear()
            unknown = sorted(wanted)
        self._known.update(self._packets(session, unknown))
        missing = wanted - self._known.keys()
        strange = [call.id for call in calls if call.kind in NEEDS_TERMS and call.arguments["packet"] in missing]
        if strange:
            # Else they would be looked at before everything younger, in every pass.
            log.warning("packets_unknown", calls=len(strange))
            sendings.put_off(session, strange, UNKNOWN_WAITS_S)


def tuned(**changes: float) -> Tuning:
    """Return the usual patience with some of it changed."""
    return replace(Tuning(), **changes)  # type: ignore[arg-type]
