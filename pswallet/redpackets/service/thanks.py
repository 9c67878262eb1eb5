"""Thanks for a share: one short reply to the creator, read by whoever takes part in the packet."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pswallet.kit.rows import insert_new_rows
from pswallet.kit.vault import DataKey, Vault
from pswallet.notifications.service import OffChainNotice, notify_off_chain
from pswallet.redpackets.errors import AlreadyThanked, ClaimUnknown, ShareNotDrawn
from pswallet.redpackets.models import PacketClaim, PacketShare, PacketThanks
from pswallet.redpackets.service.packets import require_packet

_FIELD = "thanks"
"""Under which the vault seals the words."""


def thank(session: Session, vault: Vault, *, packet: str, account: str, person: str, words: str, now: datetime) -> None:
    """Keep what `account` (`person`'s address) says for its drawn share, and tell the creator that there are words.

    Raises PacketUnknown, ClaimUnknown, ShareNotDrawn, AlreadyThanked.
    """
    asked = require_packet(session, packet)
    _require_share(session, packet, account)
    row = {
        "packet": packet,
        "account": account,
        "person": person,
        "words_sealed": vault.seal(session, person, _FIELD, words),
        "thanked_at": now,
    }
    if not insert_new_rows(session, PacketThanks, [row]):
        raise AlreadyThanked(packet=packet)
    # The words stay out of the notice, for they are personal.
    notify_off_chain(session, [OffChainNotice(asked.creator, "packet-thanked", {"packet": packet, "from": account})])


def _require_share(session: Session, packet: str, account: str) -> None:
    drawn = select(PacketShare.packet).where(PacketShare.packet == packet, PacketShare.account == account)
    if session.scalar(drawn.limit(1)) is None:
        raise (
            ShareNotDrawn(packet=packet) if session.get(PacketClaim, (packet, account)) else ClaimUnknown(packet=packet)
        )


def thanks_of(session: Session, vault: Vault, packet: str) -> dict[str, str]:
    """Return what was said for a packet's shares, by address; the words of people who were erased are gone."""
    query = (
        select(PacketThanks)
        .join(DataKey, DataKey.person == PacketThanks.person)
        .where(PacketThanks.packet == packet, DataKey.wrapped.is_not(None))
    )
    found = session.scalars(query).all()
    words = vault.unseal_many(session, _FIELD, {one.person: one.words_sealed for one in found})
    return {one.account: words[one.person] for one in found}
