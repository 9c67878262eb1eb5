"""The sandbox's SMS vendor: a box that /v1/sandbox/sms opens. No message leaves the machine."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from pswallet.kit import clock, db
from pswallet.kit.ids import new_id
from pswallet.kit.vault import Vault
from pswallet.vendors.models import SandboxMessage

_FIELD = "sandbox-phone"


class SandboxSms:
    """Satisfies `accounts.service.CodeSender`. Keeps messages sealed, in transactions of its own, as a vendor would."""

    def __init__(self, sessions: db.Sessions, vault: Vault) -> None:
        self._sessions = sessions
        self.vault = vault

    def send_code(self, phone: str, code: str) -> None:
        """Put `code` into the box of `phone` (E.164)."""
        identifier = new_id("sms")
        with db.transaction(self._sessions) as session:
            session.add(
                SandboxMessage(
                    id=identifier,
                    phone_index=self.vault.index(_FIELD, phone),
                    text_sealed=self.vault.seal_record(identifier, code.encode()),
                    sent_at=clock.now(),
                )
            )

    def codes(self, session: Session, phone: str, *, limit: int) -> list[str]:
        """Return the last `limit` codes sent to `phone` (E.164), the newest first."""
        found = session.scalars(
            select(SandboxMessage)
            .where(SandboxMessage.phone_index == self.vault.index(_FIELD, phone))
            .order_by(SandboxMessage.sent_at.desc())
            .limit(limit)
        )
        return [self.vault.unseal_record(message.id, message.text_sealed).decode() for message in found]
