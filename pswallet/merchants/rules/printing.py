"""Codes as pictures: QR at error level M, for a sticker, a screen or a terminal. Pure.

No Code 128: no library that this project has pinned draws it, and a scanner that reads it reads the QR code too.
"""

import io

import segno

BORDER = 4
"""Modules of quiet around a code (ISO/IEC 18004)."""


def picture(text: str) -> segno.QRCode:
    """Draw `text` as a QR code of the smallest version at level M, in UTF-8 as its checksum counts it."""
    return segno.make_qr(text, error="m", boost_error=False, encoding="utf-8")


def svg(text: str) -> str:
    """Return `text` as a QR code in SVG, to be printed at any size."""
    return str(picture(text).svg_inline(border=BORDER, scale=8))


def blocks(text: str) -> str:
    """Return `text` as a QR code of half blocks, for a terminal."""
    drawn = io.StringIO()
    picture(text).terminal(drawn, border=BORDER, compact=True)
    return drawn.getvalue()
