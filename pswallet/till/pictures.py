"""QR codes for the till's screen: black on white whatever the terminal's colours are, half a line a row."""

from dataclasses import dataclass

import segno
from rich.style import Style
from rich.text import Text

_BORDER = 2
"""Modules of quiet: half of what a print wants, for a screen's white ends in the dark."""
_BLOCKS = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}
_INK = Style(color="#000000", bgcolor="#ffffff")


@dataclass(frozen=True, slots=True)
class Picture:
    """A code as text, and its columns and lines."""

    text: Text
    size: tuple[int, int]


def drawn(code: segno.QRCode) -> Picture:
    """Draw a code."""
    rows = [[int(module) for module in row] for row in code.matrix_iter(border=_BORDER)]
    pairs = zip(rows[::2], [*rows[1::2], [0] * len(rows[0])], strict=False)
    lines = ["".join(_BLOCKS[both] for both in zip(above, below, strict=True)) for above, below in pairs]
    return Picture(Text("\n".join(lines), style=_INK, no_wrap=True), (len(rows[0]), len(lines)))
