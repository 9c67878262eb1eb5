"""How much a person may pay by codes in a day, by kind of code and strength of proof. Pure; amounts in fen.

Days are of Asia/Shanghai. A static code has one limit whatever the proof; a dynamic and a payment code have that of
the proof. What a person set for level A goes above all else, but for a static code.
"""

from enum import StrEnum

from pswallet.kit.money import Fen


class CodeKind(StrEnum):
    """Who shows the code, and whether it serves once."""

    STATIC = "static"
    DYNAMIC = "dynamic"
    PAYMENT = "payment"
    """Shown by the customer."""


class Level(StrEnum):
    """How strongly a payment was proven, A the strongest. What reaches A or B, whoever takes the payment decides."""

    A = "A"
    B = "B"
    C = "C"
    """A payment code without a password is C."""


STATIC_PER_DAY = Fen(50_000)
PER_DAY = {Level.B: Fen(500_000), Level.C: Fen(100_000)}


def limit_of(kind: CodeKind, level: Level, *, own: Fen | None = None) -> Fen:
    """Return what a person may pay in a day by codes of `kind` at `level` [fen].

    `own` is what the person set for level A; until then A has B's limit.
    """
    if kind is CodeKind.STATIC:
        return STATIC_PER_DAY
    if level is Level.A:
        return PER_DAY[Level.B] if own is None else own
    return PER_DAY[level]


def exceeds(spent: Fen, amount: Fen, limit: Fen) -> bool:
    """Return whether paying `amount` after `spent` on the same day breaks `limit`."""
    return spent + amount > limit
