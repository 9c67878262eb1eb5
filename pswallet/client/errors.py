"""What can go wrong at the client: the gateway's refusals, and what it refuses itself."""

from pathlib import Path
from typing import Any


class Refused(Exception):
    """The gateway answered with a problem; `code` is its name in kebab-case, `details` the whole body."""

    def __init__(self, status: int, details: dict[str, Any]) -> None:
        self.status = status
        self.details = details
        self.code = str(details.get("type", "")).rsplit("/", 1)[-1]
        self.title = str(details.get("title", ""))
        super().__init__(f"{self.code}: {self.title}")


class ContractsChanged(Exception):
    """The gateway serves another chain or other contracts than those known: what it asks to be signed is not signed."""


class OrderForged(Exception):
    """The gateway shows an order whose hash is not that of what it shows: nothing is signed."""

    def __init__(self, order: str) -> None:
        self.order = order
        super().__init__(f"the hash of {order} is another order's")


class DomainUnknown(Exception):
    """The gateway asks for a sign-in at another one (`domain`), which it could take for itself: nothing is signed."""

    def __init__(self, domain: str) -> None:
        self.domain = domain
        super().__init__(f"asks for a sign-in at {domain}")


class KeystoreUnreadable(Exception):
    """The keystore file at `path` gives no key; `reason` says why."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")
