"""Expected failures. A Problem says what happened and what to do; `api.problems` turns it into RFC 9457.

The class name is the word used everywhere: the Solidity error, the `type` of the answer (kebab-case) and the
heading in docs/problems.md.
"""

import re
from typing import Any, ClassVar


class Problem(Exception):
    """An expected failure with an HTTP status, a title for people and details for programs.

    Details are keyword arguments that JSON can carry; they never hold personal data.
    """

    status: ClassVar[int] = 400
    title: ClassVar[str] = "The request cannot be carried out"
    keeps_writes: ClassVar[bool] = False
    """Whether what was written before it is raised stays: a wrong code counts as a try."""

    def __init__(self, **details: Any) -> None:
        super().__init__(self.title)
        self.details = details

    @classmethod
    def code(cls) -> str:
        """Return the kebab-case name: `PacketExpired` is "packet-expired"."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    def __str__(self) -> str:
        """Show the title and the details, for logs and terminals."""
        shown = ", ".join(f"{name}={value}" for name, value in self.details.items())
        return f"{self.title} ({shown})" if shown else self.title


def every_problem() -> dict[str, type[Problem]]:
    """Return each Problem class of this package that has been imported, by class name."""
    found: dict[str, type[Problem]] = {}
    waiting = list(Problem.__subclasses__())
    while waiting:
        kind = waiting.pop()
        if kind.__module__.startswith(f"{__package__.partition('.')[0]}."):
            found[kind.__name__] = kind
        waiting.extend(kind.__subclasses__())
    return found
