"""Why a scanned text is refused. Pure: the service has a Problem for each."""

from dataclasses import dataclass
from enum import StrEnum


class Flaw(StrEnum):
    """What is wrong with a scanned text."""

    UNREADABLE = "unreadable"
    LENGTH = "length"
    TAG_REPEATED = "tag_repeated"
    FORMAT_NOT_FIRST = "format_not_first"
    CHECKSUM_NOT_LAST = "checksum_not_last"
    CHECKSUM = "checksum"
    FIELD_MISSING = "field_missing"
    FIELD_INVALID = "field_invalid"
    CURRENCY_UNKNOWN = "currency_unknown"
    AMOUNT_DECIMALS = "amount_decimals"
    AMOUNT_NOT_POSITIVE = "amount_not_positive"
    ISSUER_UNKNOWN = "issuer_unknown"
    CHECK_DIGIT = "check_digit"
    OTHER_NETWORK = "other_network"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A flaw and where it is: a tag with those around it ("26.03"), a network's name, or nothing."""

    flaw: Flaw
    at: str = ""
