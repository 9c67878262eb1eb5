"""Lines of activity as CSV (RFC 4180), the way spreadsheets read it: UTF-8 with a byte order mark, CRLF."""

import csv
import io
from collections.abc import Iterable, Sequence

from pswallet.api.routes.activity import LineShape
from pswallet.kit.clock import SHANGHAI
from pswallet.kit.languages import translated

BYTE_ORDER_MARK = "\ufeff".encode()
"""Without it spreadsheets take the file for one in the machine's old code page."""

HEADINGS = (
    "Time (Asia/Shanghai)",
    "What",
    "From or to",
    "In (yuan)",
    "Out (yuan)",
    "Balance (yuan)",
    "Payment",
    "Red packet",
    "Block",
    "Order",
)

KINDS = {
    "mint": "From the bank",
    "redeem": "To the bank",
    "transfer": "Transfer",
    "packet-given": "Red packet given",
    "share-claimed": "Red packet opened",
    "share-collected": "Red packet share collected",
    "packet-refunded": "Red packet refunded",
}
"""What people call each kind of line."""

_BANKS = ("mint", "redeem")  # the zero address tells people nothing

# What a spreadsheet would run as a formula, whoever wrote it (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def header(language: str) -> bytes:
    """Return the byte order mark and the row of headings."""
    return BYTE_ORDER_MARK + written([[translated("activity", heading, language) for heading in HEADINGS]])


def rows(lines: Iterable[LineShape], language: str) -> bytes:
    """Return a row for each line: times of Asia/Shanghai, amounts in yuan."""
    return written([_row(line, language) for line in lines])


def written(cells: Iterable[Sequence[str]]) -> bytes:
    """Return rows of `cells` as CSV, none of which a spreadsheet takes for a formula."""
    file = io.StringIO()
    csv.writer(file).writerows([[_safe(cell) for cell in row] for row in cells])
    return file.getvalue().encode()


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _row(line: LineShape, language: str) -> list[str]:
    return [
        line.at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"),
        translated("activity", KINDS.get(line.kind, line.kind), language),
        "" if line.kind in _BANKS else line.counterparty,
        _yuan(line.delta_fen) if line.delta_fen > 0 else "",
        _yuan(-line.delta_fen) if line.delta_fen < 0 else "",
        _yuan(line.balance_after_fen),
        line.transfer_id or "",
        line.packet or "",
        str(line.block),
        line.reference or "",
    ]


def _yuan(fen: int) -> str:
    """Write a number that spreadsheets add up: no sign of the currency, no thousands."""
    return f"{fen // 100}.{fen % 100:02d}"
