"""The sandbox's identity vendor: real format and check-digit work, invented registers. Every identity is synthetic.

In its register every well-formed identity exists, but for the names and tokens below, which never match.
"""

from datetime import date

from pswallet.kit import clock
from pswallet.kyc.rules.cards import luhn_holds
from pswallet.kyc.rules.documents import Flaw, read_document
from pswallet.kyc.rules.names import normal_name
from pswallet.kyc.service import BankCard, Identity

STRANGER = "查无此人"
"""A name that no number belongs to."""

FOREIGN_CARD_ENDING = "0018"
"""A well-formed card with this ending is in another person's name."""

LIVE_FACE = "sandbox-live-face"
"""The one liveness token that matches."""


class SandboxIdentity:
    """Satisfies `kyc.service.IdentityVendor`."""

    def identity_matches(self, identity: Identity) -> bool:
        """Return whether the number holds as of today, the name is a name, and the two belong together."""
        return self._holds(identity, clock.shanghai_day(clock.now())) and identity.name != STRANGER

    def card_matches(self, identity: Identity, card: BankCard) -> bool:
        """Return whether the card's check digit holds and it is in the person's name."""
        return luhn_holds(card.number) and not card.number.endswith(FOREIGN_CARD_ENDING)

    def face_matches(self, identity: Identity, liveness_token: str) -> bool:
        """Return whether the token is the sandbox's live face."""
        return liveness_token == LIVE_FACE

    def _holds(self, identity: Identity, today: date) -> bool:
        document = read_document(identity.kind, identity.number, today=today)
        return not isinstance(document, Flaw) and normal_name(identity.name) == identity.name
