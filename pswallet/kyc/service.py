"""Decisions about identities: check them with the vendor, seal them, ask for the tier they prove."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol


class IdKind(StrEnum):
    """Which document proves the identity."""

    RESIDENT_ID = "resident-id"
    RESIDENCE_PERMIT = "residence-permit"
    MAINLAND_TRAVEL_PERMIT = "mainland-travel-permit"
    TAIWAN_TRAVEL_PERMIT = "taiwan-travel-permit"
    HKID = "hkid"
    MACAU_BIR = "macau-bir"
    PASSPORT = "passport"
    CHINESE_PASSPORT = "chinese-passport"
    FOREIGN_RESIDENT_CARD = "foreign-resident-card"


@dataclass(frozen=True)
class Identity:
    """What a person says of themselves, normalised. `birth_date` is that of the document where it carries one."""

    name: str
    kind: IdKind
    number: str
    birth_date: date


@dataclass(frozen=True)
class BankCard:
    """A card and the phone the bank knows (the four elements with name and number)."""

    number: str
    phone: str


class IdentityVendor(Protocol):
    """Asks registers that we have no access to."""

    def identity_matches(self, identity: Identity) -> bool:
        """Return whether name and number belong together."""
        ...

    def card_matches(self, identity: Identity, card: BankCard) -> bool:
        """Return whether card, name, number and phone belong together."""
        ...

    def face_matches(self, identity: Identity, liveness_token: str) -> bool:
        """Return whether the live face behind `liveness_token` is that of the document."""
        ...
