"""Payment codes: devices that show them, and taking one, once.

The key is shared, so the gateway could show a person's code itself. It gains nothing: a code only tells a till whom to
ask; the money moves by the signature of the person's own key.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from pswallet.accounts.errors import ZeroAmount
from pswallet.accounts.service import standing
from pswallet.kit import clock
from pswallet.kit.ids import new_id
from pswallet.kit.money import Fen
from pswallet.kit.vault import Erased, Vault
from pswallet.merchants.errors import (
    CodeLimitExceeded,
    NotAMerchant,
    PaymentCodeUnknown,
    PaymentCodeUsed,
    PaymentDevicesExhausted,
    PaymentDeviceUnknown,
    ReferenceTaken,
)
from pswallet.merchants.models import CodeSpending, PaymentDevice, TakenCode
from pswallet.merchants.rules import MERCHANT_TIER, paycodes
from pswallet.merchants.rules.codelimits import CodeKind, Level
from pswallet.merchants.rules.paycodes import Moment
from pswallet.merchants.service.scans import DIGITS_REFUSALS, digits_of
from pswallet.merchants.service.spendings import spend

MAX_DEVICES = 5
KEPT_FOR = timedelta(days=1)
"""How long a till that lost the answer may ask again about the code that it took."""

TAKING = (
    *DIGITS_REFUSALS,
    NotAMerchant,
    PaymentCodeUnknown,
    PaymentCodeUsed,
    ReferenceTaken,
    ZeroAmount,
    CodeLimitExceeded,
)
"""All that taking a code may be refused with."""

_FIELD = "payment-device"
"""Under which the vault seals a device's key."""


@dataclass(frozen=True, slots=True)
class Device:
    """A device that shows payment codes."""

    id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OpenedDevice(Device):
    """A device and its key (32 bytes), which is told once."""

    key: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """A code was taken: `owner` (an account's id) may be asked for the money."""

    owner: str
    device: str
    amount: Fen
    taken_at: datetime


def open_device(session: Session, vault: Vault, *, owner: str, key: bytes, now: datetime) -> OpenedDevice:
    """Let a device of `owner` show payment codes by a fresh random `key`. Raises PaymentDevicesExhausted."""
    # One owner's requests stand in line: else two at once would both be the fifth.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"payment-devices|{owner}", 0))))
    count = session.scalar(select(func.count()).where(PaymentDevice.owner == owner)) or 0
    if count >= MAX_DEVICES:
        raise PaymentDevicesExhausted(limit=MAX_DEVICES)
    device = OpenedDevice(new_id("dev"), now, key)
    sealed = vault.seal(session, owner, _FIELD, key.hex())
    slot = paycodes.slot_of(key)
    session.add(PaymentDevice(id=device.id, owner=owner, slot=slot, key_sealed=sealed, created_at=now))
    session.flush()
    return device


def devices_of(session: Session, *, owner: str) -> list[Device]:
    """Return the devices of `owner`, the oldest first."""
    rows = session.scalars(select(PaymentDevice).where(PaymentDevice.owner == owner).order_by(PaymentDevice.id))
    return [Device(row.id, row.created_at) for row in rows]


def close_device(session: Session, device_id: str, *, owner: str) -> None:
    """Let a device show no codes any more: a lost phone. Raises PaymentDeviceUnknown."""
    gone = delete(PaymentDevice).where(PaymentDevice.id == device_id, PaymentDevice.owner == owner)
    if session.execute(gone.returning(PaymentDevice.id)).scalar() is None:
        raise PaymentDeviceUnknown(id=device_id)


def require_merchant(session: Session, address: str) -> None:
    """Pass whom the chain knows as a merchant. Raises NotAMerchant."""
    if standing(session, [address])[address].tier != MERCHANT_TIER:
        raise NotAMerchant()


def take_code(
    session: Session, vault: Vault, text: str, *, merchant: str, reference: str, amount: Fen, now: datetime
) -> Taken:
    """Take the payment code in a scanned or typed `text` for `merchant`'s own number `reference`, once.

    The same again gets the same answer for a day, for a till that lost it; else it counts against what may be paid
    without a password. Raises what `scans.digits_of` raises, PaymentCodeUnknown, PaymentCodeUsed, ReferenceTaken,
    ZeroAmount, CodeLimitExceeded.
    """
    code = digits_of(text)
    before = _taken_for(session, merchant, reference)
    if before is None:
        device, moment = _shown_by(session, vault, code, now=now)
        row = TakenCode(
            device=device.id, step=moment.step, counter=moment.counter, owner=device.owner, code=code,
            merchant=merchant, reference=reference, amount_fen=amount, taken_at=now,
        )  # fmt: skip
        if _insert(session, row):
            spend(session, owner=device.owner, kind=CodeKind.PAYMENT, level=Level.C, amount=amount, now=now)
            return _taken(row)
        before = _taken_for(session, merchant, reference)
    if before is None:
        raise PaymentCodeUsed()
    if (before.code, before.amount_fen) != (code, amount):
        raise ReferenceTaken(reference=reference)
    return _taken(before)


def forget_taken(session: Session, *, now: datetime) -> None:
    """Delete what nobody asks for any more: codes that were taken and sums of days that ended, both a day ago."""
    session.execute(delete(TakenCode).where(TakenCode.taken_at <= now - KEPT_FOR))
    session.execute(delete(CodeSpending).where(CodeSpending.day < clock.shanghai_day(now - KEPT_FOR)))


def _shown_by(session: Session, vault: Vault, code: str, *, now: datetime) -> tuple[PaymentDevice, Moment]:
    # Held against its closing until we have committed: a code is taken of a device that is there, or not at all.
    found = select(PaymentDevice).where(PaymentDevice.slot == paycodes.slot_in(code))
    for device in session.scalars(found.with_for_update(read=True, key_share=True)):
        with suppress(Erased):  # of somebody who left; the others of its slot are here
            key = bytes.fromhex(vault.unseal(session, device.owner, _FIELD, device.key_sealed))
            moment = paycodes.moment_of(code, key, now=now)
            if moment is not None:
                return device, moment
    raise PaymentCodeUnknown()


def _taken_for(session: Session, merchant: str, reference: str) -> TakenCode | None:
    return session.scalar(select(TakenCode).where(TakenCode.merchant == merchant, TakenCode.reference == reference))


def _insert(session: Session, row: TakenCode) -> bool:
    """Insert `row`; return whether the code, and the reference, were still to be had. Of many at once one wins."""
    values = {column.name: getattr(row, column.name) for column in TakenCode.__table__.columns}
    inserted = insert(TakenCode).values(values).on_conflict_do_nothing().returning(TakenCode.device)
    return session.execute(inserted).scalar() is not None


def _taken(row: TakenCode) -> Taken:
    return Taken(row.owner, row.device, Fen(row.amount_fen), row.taken_at)
