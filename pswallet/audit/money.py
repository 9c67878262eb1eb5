"""The token's movements of one transaction, and the events of a contract that explain them."""

from collections import deque
from collections.abc import Sequence

from pswallet.audit.ledger import Moment, Movement
from pswallet.audit.report import Findings


class Money:
    """What one contract's events must explain: all that went in or out of it, and what they say besides.

    Movements are explained in the order of their logs: what stands directly before an event, or what follows it.
    """

    def __init__(self, findings: Findings, now: Moment, *, contract: str, check: str, name: str) -> None:
        self._findings, self._now, self._check = findings, now, check
        self._contract, self._name = contract, name
        self._moved: list[Movement] = []
        self._due: deque[Movement] = deque()
        self._because = ""

    def moved(self, movement: Movement) -> None:
        """Note what the token moved: the next that was announced, or what an event to come explains."""
        if self._due:
            if movement == self._due[0]:
                self._due.popleft()
                return
            self._report_due()
        self._moved.append(movement)

    def explain(self, expected: Sequence[Movement], because: str) -> None:
        """Take these movements, which must stand directly before the event that `because` names."""
        if self._due:
            self._report_due()
        start = len(self._moved) - len(expected)
        if start >= 0 and self._moved[start:] == list(expected):
            del self._moved[start:]
            return
        told = "; ".join(_told(one) for one in expected)
        self._wrong(f"{because}: the money that moved before it is not {told}")

    def announce(self, expected: Sequence[Movement], because: str) -> None:
        """Say what must move next, in this order, after the event that `because` names."""
        if self._due:
            self._report_due()
        self._due.extend(expected)
        self._because = because

    def close(self) -> None:
        """Report, at a transaction's end, what was announced and did not move, and what no event explains."""
        if self._due:
            self._report_due()
        if self._moved:
            for one in self._moved:
                if self._contract in (one.sender, one.recipient):
                    self._wrong(f"{_told(one)}, and no event of {self._name} says so")
            self._moved.clear()

    def _report_due(self) -> None:
        told = "; ".join(_told(one) for one in self._due)
        self._due.clear()
        self._wrong(f"{self._because}: the money that moved after it is not {told}")

    def _wrong(self, message: str) -> None:
        self._findings.add(self._check, message, self._now.block, self._now.transaction)


def _told(movement: Movement) -> str:
    return f"{movement.value} fen from {movement.sender} to {movement.recipient}"
