"""The small types of the wire: amounts, texts, addresses, hashes, signatures, times. Unknown fields are refused."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from pswallet.chain.signing import address_bytes, checksum
from pswallet.kit.money import MAX_FEN


class Shape(BaseModel):
    """Base of every body: unknown fields are refused, numbers are numbers and texts are texts."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _checksummed(address: str) -> str:
    written = checksum(address_bytes(address))
    digits = address[2:]
    if address != written and not (digits.islower() or digits.isupper() or digits.isdigit()):
        raise ValueError("the address's checksum (EIP-55) is wrong")
    return written


def _lower(text: str) -> str:
    return text.lower()


AmountFen = Annotated[int, Field(strict=True, gt=0, le=MAX_FEN, description="whole fen (100 fen are one yuan)")]
"""Money in: 1 to 2^63 - 1; `1e3`, `1.0` and `"5"` are refused."""

Address = Annotated[
    str,
    StringConstraints(pattern=r"^0x[0-9a-fA-F]{40}$"),
    AfterValidator(_checksummed),
    Field(description="20 bytes; a checksum, when written, must hold (EIP-55)"),
]
Bytes32 = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-fA-F]{64}$"), AfterValidator(_lower)]
Bytes20 = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-fA-F]{40}$"), AfterValidator(_lower)]
Signature = Annotated[
    str,
    StringConstraints(pattern=r"^0x([0-9a-fA-F]{2}){65,4096}$"),
    AfterValidator(_lower),
    Field(description="65 bytes r, s, v; longer ones are for contract accounts (ERC-1271)"),
]
UnixTime = Annotated[int, Field(strict=True, ge=0, lt=2**47, description="Unix seconds")]
_CHARACTER = r"[^\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]"
TEXT_PATTERN = rf"^{_CHARACTER}*$"
LINES_PATTERN = rf"^(?:{_CHARACTER}|\n)*$"

FreeText = Annotated[str, StringConstraints(pattern=TEXT_PATTERN)]
"""Whatever people write, in one line; a field adds its length. Every free text is one: PostgreSQL takes no NUL, and
what turns the direction of writing could make a note say something else than was signed for."""

FreeLines = Annotated[str, StringConstraints(pattern=LINES_PATTERN)]
"""A `FreeText` of several lines."""

Phone = Annotated[
    FreeText, StringConstraints(min_length=5, max_length=24), Field(description="E.164, or a mainland number")
]

Ticket = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,32}$")]
"""1 to 32 printable ASCII characters without a space: they are part of what is signed, as a bytes32."""
