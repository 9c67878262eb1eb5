"""Spoken phrases (口令): the gateway holds the claim key and signs with it for whoever says the phrase.

It could redirect such a packet, and docs/threat-model.md says so. A key derived from the phrase would be worse: the
terms are public, and phrases can be guessed.
"""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pswallet.chain.signing import LINK_CLAIM, Domain, address_of, digest, sign
from pswallet.kit.ids import new_id
from pswallet.kit.problems import Problem
from pswallet.kit.vault import Vault
from pswallet.redpackets import rules
from pswallet.redpackets.errors import LinkSignatureInvalid, PacketUnknown, PhraseTriesExhausted, PhraseWrong
from pswallet.redpackets.models import PhraseKey, PhraseTry, RedPacket


def make_phrase_key(session: Session, vault: Vault, *, creator: str, phrase: str, now: datetime) -> str:
    """Make a random claim key for `phrase` and return its address, which goes into the packet's terms."""
    secret = secrets.token_bytes(32)
    claim_key = address_of(secret)
    session.add(
        PhraseKey(
            claim_key=claim_key,
            creator=creator,
            secret_sealed=vault.seal_record(_label(claim_key), secret),
            phrase_index=_index(vault, claim_key, phrase),
            created_at=now,
        )
    )
    session.flush()
    return claim_key


def answer_phrase(
    session: Session, vault: Vault, *, packet: str, account: str, phrase: str, domain: Domain, now: datetime
) -> str | Problem:
    """Return the link signature that lets `account` claim, or PhraseWrong, PhraseTriesExhausted, PacketUnknown.

    The Problem is returned and not raised: a wrong try must be committed. `now` is the wall clock's time.
    """
    # One account's tries stand in line: else a thousand at once would all see the fifth.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"phrase|{account}", 0))))
    found = session.execute(
        select(RedPacket.kind, PhraseKey)
        .outerjoin(PhraseKey, PhraseKey.claim_key == RedPacket.phrase_key)
        .where(RedPacket.id == packet)
    ).one_or_none()
    if found is None:
        return PacketUnknown(packet=packet)
    key = found[1]
    if key is None:
        return LinkSignatureInvalid(packet=packet)
    if _tries(session, account, now=now) >= rules.PHRASE_TRIES_PER_HOUR:
        return PhraseTriesExhausted(retry_after_s=3600)
    if not hmac.compare_digest(_index(vault, key.claim_key, phrase), key.phrase_index):
        session.add(PhraseTry(id=new_id("try"), account=account, tried_at=now))
        session.flush()
        return PhraseWrong(packet=packet)
    secret = vault.unseal_record(_label(key.claim_key), key.secret_sealed)
    return "0x" + sign(digest(domain, LINK_CLAIM, {"packet": packet, "claimant": account}), secret).hex()


def _tries(session: Session, account: str, *, now: datetime) -> int:
    query = select(func.count()).where(PhraseTry.account == account, PhraseTry.tried_at > now - timedelta(hours=1))
    return session.scalar(query) or 0


def _index(vault: Vault, claim_key: str, phrase: str) -> str:
    # Spoken words: full-width letters, case and spaces around them make no difference.
    spoken = unicodedata.normalize("NFKC", phrase).strip().casefold()
    return vault.index("packet-phrase", f"{claim_key}|{spoken}")


def _label(claim_key: str) -> str:
    return f"phrase-key|{claim_key}"
