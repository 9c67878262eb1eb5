"""The electronic receipt (电子回单) on paper: a slip laid out by typst, with the QR code that checks the payment.

Its words are in `slip.typ`. The slip's JSON lies in the PDF as an attachment, so that print and data are one file.
"""

import io
import json
from datetime import datetime
from importlib.resources import files
from typing import Final

import pylopdf_fonts_zh_cn as chinese
import typst

from pswallet.kit.money import format_yuan
from pswallet.receipt.short import code_of, read_short
from pswallet.receipt.slips import Slip, hash_of, to_json

STANDARD: Final = "a-3b"
"""ISO 19005-3: everything that a reader needs is in the file, for as long as accounts are kept."""


class Unprintable(ValueError):
    """The font lacks a character of what the issuer added: paper would show a box."""


def pdf_of(slip: Slip) -> bytes:
    """Return the slip as PDF: the same bytes for the same slip, on every machine. Raises Unprintable."""
    drawn = io.BytesIO()
    code_of(read_short(slip.check)).save(drawn, kind="svg", border=0, xmldecl=False)
    try:
        return typst.compile(
            files("pswallet.receipt").joinpath("slip.typ").read_bytes(),
            font_paths=typst.Fonts(include_system_fonts=False, font_paths=[chinese.sans_path().parent]),
            format="pdf",
            pdf_standards=STANDARD,
            timestamp=datetime.fromisoformat(slip.time),
            sys_inputs={
                "slip": to_json(slip).decode(),
                "digest": hash_of(slip),
                "amounts": _amounts(slip),
                "code": drawn.getvalue().decode(),
            },
        )
    except typst.TypstError as failure:
        raise Unprintable(failure.message) from failure


def _amounts(slip: Slip) -> str:
    """Write the amounts of the slip that its JSON has in fen alone."""
    parts = [(part.funder, format_yuan(part.amount_fen)) for part in slip.parts]
    return json.dumps({"price": format_yuan(slip.price_fen), "fee": format_yuan(slip.fee_fen), "parts": parts})
