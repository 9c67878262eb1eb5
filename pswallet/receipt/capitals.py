"""Amounts in capital figures (大写), as accounts and cheques want them: they cannot be changed by a stroke of the pen.

Where the rules leave a 零 to the writer (between 元 and 角, before a full 仟) there is none.
"""

from pswallet.kit.money import MAX_FEN

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ((1_000, "仟"), (100, "佰"), (10, "拾"), (1, ""))
_MYRIAD, _MYRIADS_SQUARED = 10**4, 10**8


def capitals(amount: int) -> str:
    """Write `amount` [fen] in capital figures: 140950 is 壹仟肆佰零玖元伍角.

    Raises ValueError for less than nothing, or more than a database column holds.
    """
    if not 0 <= amount <= MAX_FEN:
        raise ValueError(f"{amount} fen are not written in capitals")
    yuan, cents = divmod(amount, 100)
    whole = f"{_whole(yuan)}元" if yuan else ""
    return whole + _cents(cents, after_yuan=bool(yuan)) if cents else f"{whole or '零元'}整"


def _cents(cents: int, *, after_yuan: bool) -> str:
    """Write 角 and 分; a 分 that stands right behind 元 has a 零 before it."""
    tenths, hundredths = divmod(cents, 10)
    if not tenths:
        return f"{'零' if after_yuan else ''}{_DIGITS[hundredths]}分"
    return f"{_DIGITS[tenths]}角" + (f"{_DIGITS[hundredths]}分" if hundredths else "")


def _whole(number: int) -> str:
    """Write a whole number from 1 on: by 亿, then 万, then the places; a gap of any length is one 零."""
    for size, name in ((_MYRIADS_SQUARED, "亿"), (_MYRIAD, "万")):
        if number >= size:
            high, rest = divmod(number, size)
            gap = "零" if 0 < rest < size // 10 else ""
            return f"{_whole(high)}{name}{gap}{_whole(rest) if rest else ''}"
    written = ""
    for size, name in _PLACES:
        digit, number = divmod(number, size)
        if digit:
            written += f"{_DIGITS[digit]}{name}"
            if 0 < number < size // 10:
                written += "零"
    return written
