"""Exact money: integer fen (分). No float and no Decimal passes through here."""

import re
import unicodedata
from typing import NewType

Fen = NewType("Fen", int)
"""Money in fen; 100 fen are one yuan."""

MAX_FEN = 2**63 - 1
"""The largest amount a database column holds [fen]."""

_YUAN = re.compile(r"(?:0|[1-9][0-9]{0,15})(?:\.[0-9]{1,2})?")


def parse_yuan(text: str) -> Fen:
    """Read an amount as people type it ("12", "12.5", "12.50", full-width digits too) into fen.

    Raises ValueError for signs, exponents, separators, more than two decimals, or anything else.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if not _YUAN.fullmatch(plain):
        raise ValueError(f"{text!r} is not an amount in yuan with at most two decimals")
    yuan, _, cents = plain.partition(".")
    return Fen(int(yuan) * 100 + int(cents.ljust(2, "0") or "0"))


def format_yuan(amount: int) -> str:
    """Show fen as people read them: 123456 is "¥1,234.56"."""
    sign = "-" if amount < 0 else ""
    yuan, cents = divmod(abs(amount), 100)
    return f"{sign}¥{yuan:,}.{cents:02d}"


def split_evenly(total: Fen, shares: int) -> list[Fen]:
    """Cut `total` into `shares` parts that differ by at most 1 fen and sum to `total`.

    The first parts are the larger ones. Raises ValueError unless 1 <= shares <= total.
    """
    if not 1 <= shares <= total:
        raise ValueError(f"cannot cut {total} fen into {shares} shares")
    share, extra = divmod(total, shares)
    return [Fen(share + (place < extra)) for place in range(shares)]
