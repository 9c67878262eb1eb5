"""Phones, masks, and what a sign-in message must say (EIP-4361). Pure: returns values or reasons."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import phonenumbers

CODE_DIGITS = 6
CODE_LIFETIME = timedelta(minutes=5)
CODE_TRIES = 5
CODE_INTERVAL = timedelta(seconds=60)
CODES_PER_DAY = 10
CODES_COUNTED_FOR = timedelta(days=1)
NONCE_LIFETIME = timedelta(minutes=10)
SESSION_LIFETIME = timedelta(days=30)
CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead of ours a client's clock may be."""

_MOBILE = {
    86: re.compile(r"1[3-9]\d{9}"),
    852: re.compile(r"[4-9]\d{7}"),
    853: re.compile(r"6\d{7}"),
}


def normal_phone(text: str) -> str | None:
    """Return a mobile number as E.164 (`+86…` when it names no country), or None when no such number can exist."""
    try:
        number = phonenumbers.parse(text, "CN")
    except phonenumbers.NumberParseException:
        return None
    national = phonenumbers.national_significant_number(number)
    pattern = _MOBILE.get(number.country_code or 0)
    valid = pattern.fullmatch(national) is not None if pattern else phonenumbers.is_valid_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if valid else None


def mask_phone(phone: str) -> str:
    """Show an E.164 number as `138****8000`: three first and four last digits; mainland numbers without their +86."""
    shown = phone.removeprefix("+86")
    return f"{shown[:3]}****{shown[-4:]}"


def mask_name(name: str) -> str:
    """Hide the first character (曾小萍 is *小萍); of Latin names all but each word's first letter and the last word."""
    if not name.isascii():
        return "*" + name[1:]
    words = name.split()
    return " ".join([f"{word[0]}***" for word in words[:-1]] + words[-1:]) if len(words) > 1 else f"{name[:1]}***"


@dataclass(frozen=True)
class SignInMessage:
    """What an EIP-4361 message says."""

    domain: str
    address: str
    uri: str
    chain_id: int
    nonce: str
    issued_at: datetime
    expires_at: datetime | None
    not_before: datetime | None
    statement: str | None = None


_MESSAGE = re.compile(
    r"(?:[a-zA-Z][a-zA-Z0-9+.-]*://)?(?P<domain>[^\s/?#]+) wants you to sign in with your Ethereum account:\n"
    r"(?P<address>0x[0-9a-fA-F]{40})\n\n"
    r"(?:(?P<statement>[^\n]+)\n)?\n"
    r"URI: (?P<uri>[^\s]+)\n"
    r"Version: 1\n"
    r"Chain ID: (?P<chain_id>[0-9]{1,18})\n"
    r"Nonce: (?P<nonce>[a-zA-Z0-9]{8,64})\n"
    r"Issued At: (?P<issued_at>[^\s]+)"
    r"(?:\nExpiration Time: (?P<expires_at>[^\s]+))?"
    r"(?:\nNot Before: (?P<not_before>[^\s]+))?"
    r"(?:\nRequest ID: [^\s]*)?"
    r"(?:\nResources:(?:\n- [^\s]+)*)?"
)


def parse_sign_in(text: str) -> SignInMessage | None:
    """Read an EIP-4361 message (version 1); None when it is none, or names a time without its zone."""
    found = _MESSAGE.fullmatch(text)
    if found is None:
        return None
    try:
        times = {name: _moment(found[name]) for name in ("issued_at", "expires_at", "not_before")}
    except ValueError:
        return None
    if times["issued_at"] is None:
        return None
    return SignInMessage(
        domain=found["domain"],
        address=found["address"],
        uri=found["uri"],
        chain_id=int(found["chain_id"]),
        nonce=found["nonce"],
        issued_at=times["issued_at"],
        expires_at=times["expires_at"],
        not_before=times["not_before"],
        statement=found["statement"],
    )


def sign_in_refusals(message: SignInMessage, *, domain: str, chain_id: int, now: datetime) -> list[str]:
    """Every reason why `message` is not for this domain, this chain and this moment; empty means it is."""
    host = message.uri.split("://", 1)[-1].split("/", 1)[0].split("?", 1)[0].split("#", 1)[0]
    refusals = {
        "domain": message.domain != domain,
        "uri": host != domain,
        "chain_id": message.chain_id != chain_id,
        "issued_in_the_future": message.issued_at > now + CLOCK_SKEW,
        "expired": message.expires_at is not None and message.expires_at <= now,
        "not_yet_valid": message.not_before is not None and message.not_before > now + CLOCK_SKEW,
    }
    return [reason for reason, holds in refusals.items() if holds]


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment
