"""Names in one normal form. Pure."""

import re
import unicodedata

MIDDLE_DOT = "·"
_DOTS = re.compile(r"[•・．‧∙･·]")  # as keyboards and other systems write the middle dot
_IDEOGRAPH = r"[\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af]"
_CHINESE = re.compile(rf"(?={_IDEOGRAPH})(?:{_IDEOGRAPH}|·(?={_IDEOGRAPH}))+")
_LATIN = re.compile(r"[A-Z][A-Z'.\-]*(?: [A-Z][A-Z'.\-]*)*")


def normal_name(text: str) -> str | None:
    """Return a Chinese name (2 to 20 characters, `·` between parts) or a Latin one (upper case), or None."""
    name = unicodedata.normalize("NFKC", _DOTS.sub(MIDDLE_DOT, text)).strip()
    if _CHINESE.fullmatch(name):
        return name if 2 <= len(name) <= 20 else None
    latin = " ".join(name.upper().split())
    return latin if _LATIN.fullmatch(latin) and 2 <= len(latin) <= 60 else None
