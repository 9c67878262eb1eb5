"""The anchor's book, kept a second time from its logs alone: one root a subject and day, of a day that was over."""

from typing import NamedTuple

from pswallet.audit.accounts import day_of
from pswallet.audit.decode import Log, events, words
from pswallet.audit.ledger import Moment
from pswallet.audit.report import Findings
from pswallet.chain.hashing import keccak

POINTS = "0x" + keccak(b"points").hex()
"""The subject of the points' roots."""


class Root(NamedTuple):
    """What was anchored for a day (days since 1970-01-01 in Asia/Shanghai), and where."""

    root: str
    total: int
    block: int
    transaction: str


class Anchors:
    """Folds the anchor's logs in their order; every broken promise goes to `findings`."""

    def __init__(self, findings: Findings, now: Moment) -> None:
        self.findings, self.now = findings, now
        self.roots: dict[tuple[str, int], Root] = {}
        """By subject and day."""
        self._names = events("Anchor")

    def read(self, log: Log) -> None:
        """Book one log of the anchor; `now` must stand at its block and transaction."""
        name = self._names.get(log["topics"][0]) if log["topics"] else None
        if name == "Anchored":
            self._on_Anchored(log)
        elif name != "AuthorityUpdated":  # `powers` looks at that
            self._wrong("code", "the anchor emitted an event that its published code does not have")

    def _on_Anchored(self, log: Log) -> None:
        subject, day = log["topics"][1], int(log["topics"][2], 16)
        root, total = "0x" + log["data"][2:66], words(log["data"])[1]
        if (subject, day) in self.roots:
            self._wrong("anchors", f"the day {day} of {subject} was anchored a second time")
        if not int(root, 16) or day >= day_of(self.now.time):
            self._wrong("anchors", f"{root} was anchored for the day {day} of {subject}, which is not over")
        self.roots[subject, day] = Root(root, total, self.now.block, self.now.transaction)

    def _wrong(self, check: str, message: str) -> None:
        self.findings.add(check, message, self.now.block, self.now.transaction)
