"""Tag, length, value: as EMVCo writes it in text (MPM) and in bytes (BER, ITU-T X.690). Pure.

What is read is written again exactly as it was, and no tag stands twice in one template.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pswallet.merchants.rules.flaws import Flaw, Refusal

LONGEST_TEXT = 99
"""Characters of a value in text: its length has two digits."""

DEEPEST = 8
"""Templates in one another: more is no code, and would let a text choose how deep we go."""

_CONSTRUCTED, _TAG_GOES_ON, _MORE, _LONG = 0x20, 0x1F, 0x80, 0x80


@dataclass(frozen=True, slots=True)
class Field:
    """A tag and its text, or the fields of its template."""

    tag: str
    value: "str | Fields"


Fields = tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Element:
    """A BER tag in upper-case hexadecimal and its bytes, or the elements of its template."""

    tag: str
    value: "bytes | Elements"


Elements = tuple[Element, ...]


def read_text(text: str, templates: Collection[str] = (), at: str = "") -> Fields | Refusal:
    """Read fields of a 2-digit tag, a 2-digit length in *characters*, and a value; those of `templates` nested."""
    found: list[Field] = []
    place = 0
    while place < len(text):
        tag, digits = text[place : place + 2], text[place + 2 : place + 4]
        value = text[place + 4 : place + 4 + int(digits)] if _is_digits(digits) else ""
        if not _is_digits(tag) or not _is_digits(digits) or not value or len(value) != int(digits):
            return Refusal(Flaw.LENGTH, at + tag)
        inner = read_text(value, at=f"{at}{tag}.") if tag in templates else value
        if isinstance(inner, Refusal):
            return inner
        found.append(Field(tag, inner))
        place += 4 + len(value)
    return _unrepeated(found, at) or tuple(found)


def write_text(fields: Sequence[Field]) -> str:
    """Write fields as text. Raises ValueError for a value that is empty or longer than 99 characters."""
    return "".join(map(_written, fields))


def _written(field: Field) -> str:
    value = field.value if isinstance(field.value, str) else write_text(field.value)
    if not 0 < len(value) <= LONGEST_TEXT or not (len(field.tag) == 2 and _is_digits(field.tag)):
        raise ValueError(f"tag {field.tag} cannot carry {len(value)} characters")
    return f"{field.tag}{len(value):02d}{value}"


def read_ber(content: bytes, at: str = "") -> Elements | Refusal:
    """Read BER elements with definite lengths below 65,536; constructed ones nested."""
    if at.count(".") > DEEPEST:
        return Refusal(Flaw.LENGTH, at.rstrip("."))
    found: list[Element] = []
    while content:
        tag_end = _tag_end(content)
        tag = content[:tag_end].hex().upper()
        start, length = _length(content, tag_end)
        value = content[start : start + length]
        if length < 0 or len(value) != length:
            return Refusal(Flaw.LENGTH, at + tag)
        inner = read_ber(value, f"{at}{tag}.") if content[0] & _CONSTRUCTED else value
        if isinstance(inner, Refusal):
            return inner
        found.append(Element(tag, inner))
        content = content[start + length :]
    return _unrepeated(found, at) or tuple(found)


def write_ber(elements: Sequence[Element]) -> bytes:
    """Write BER elements, each length in its shortest form. Raises ValueError for a value of 65,536 bytes."""
    return b"".join(map(_encoded, elements))


def _encoded(element: Element) -> bytes:
    value = element.value if isinstance(element.value, bytes) else write_ber(element.value)
    size = len(value)
    if size < _LONG:
        length = bytes([size])
    else:
        digits = size.to_bytes(1 if size < 256 else 2, "big") if size < 65_536 else b""
        if not digits:
            raise ValueError(f"tag {element.tag} cannot carry {size} bytes")
        length = bytes([_LONG | len(digits)]) + digits
    return bytes.fromhex(element.tag) + length + value


def _tag_end(content: bytes) -> int:
    """Return where the first tag ends: a first byte of five low ones goes on while the high bit is set."""
    end = 1
    if content[0] & _TAG_GOES_ON == _TAG_GOES_ON:
        while end < len(content) and content[end] & _MORE:
            end += 1
        end += 1
    return end


def _length(content: bytes, place: int) -> tuple[int, int]:
    """Return where the value begins and its length; -1 for none that is definite, whole and in its shortest form."""
    first = content[place] if place < len(content) else 0xFF
    if first < _LONG:
        return place + 1, first
    count = first & ~_LONG
    digits = content[place + 1 : place + 1 + count]
    length = int.from_bytes(digits, "big")
    shortest = 1 if length < 256 else 2
    whole = 1 <= count <= 2 and len(digits) == count == shortest and length >= _LONG
    return place + 1 + count, length if whole else -1


def _unrepeated(found: Sequence[Field | Element], at: str) -> Refusal | None:
    tags = [one.tag for one in found]
    repeated = next((tag for place, tag in enumerate(tags) if tag in tags[:place]), None)
    return Refusal(Flaw.TAG_REPEATED, at + repeated) if repeated else None


def _is_digits(text: str) -> bool:
    return len(text) == 2 and text.isascii() and text.isdigit()
