"""Phones, masks and sign-in messages."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pswallet.accounts import rules
from pswallet.accounts.rules import SignInMessage

NOW = datetime(2026, 11, 22, 2, 15, 30, tzinfo=UTC)
MESSAGE = SignInMessage(
    domain="localhost:8000",
    address="0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
    uri="http://localhost:8000",
    chain_id=31337,
    nonce="6b1f0c9d2e3a4b5c6d7e8f9012345678",
    issued_at=NOW,
    expires_at=None,
    not_before=None,
    statement="Sign in to pswallet.",
)
TEXT = """localhost:8000 wants you to sign in with your Ethereum account:
0x70997970C51812dc3A010C7d01b50e0d17dc79C8

Sign in to pswallet.

URI: http://localhost:8000
Version: 1
Chain ID: 31337
Nonce: 6b1f0c9d2e3a4b5c6d7e8f9012345678
Issued At: 2026-11-22T02:15:30Z"""


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("13800138000", "+8613800138000"),
        ("+86 138 0013 8000", "+8613800138000"),
        ("008613800138000", "+8613800138000"),
        ("+852 5123 4567", "+85251234567"),
        ("+853 6612 3456", "+85366123456"),
        ("+1 202 555 0123", "+12025550123"),
    ],
)
def test_phones_have_one_normal_form(typed: str, phone: str) -> None:
    assert rules.normal_phone(typed) == phone


@pytest.mark.parametrize(
    "typed", ["12800138000", "1380013800", "138001380000", "+85231234567", "+85376123456", "+999123456", "phone", ""]
)
def test_other_texts_are_no_phones(typed: str) -> None:
    assert rules.normal_phone(typed) is None


def test_masks_hide_what_they_must() -> None:
    assert rules.mask_name("曾小萍") == "*小萍"
    assert rules.mask_name("𠮷田") == "*田"
    assert rules.mask_name("JOHN SMITH") == "J*** SMITH"
    assert rules.mask_name("MADONNA") == "M***"
    assert rules.mask_phone("+8613800138000") == "138****8000"


def test_a_sign_in_message_is_read() -> None:
    assert rules.parse_sign_in(TEXT) == MESSAGE


def test_the_statement_may_be_missing() -> None:
    assert rules.parse_sign_in(TEXT.replace("Sign in to pswallet.\n", "")) == replace(MESSAGE, statement=None)


def test_times_requests_and_resources_may_be_there() -> None:
    more = (
        "\nExpiration Time: 2026-11-22T03:00:00Z\nNot Before: 2026-11-22T02:00:00+00:00\nRequest ID: 7\n"
        "Resources:\n- https://example.org/a"
    )
    found = rules.parse_sign_in(TEXT + more)
    assert found is not None
    assert found.expires_at == datetime(2026, 11, 22, 3, tzinfo=UTC)
    assert found.not_before == datetime(2026, 11, 22, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        TEXT.replace("Version: 1", "Version: 2"),
        TEXT.replace("Nonce: 6b1f0c9d2e3a4b5c6d7e8f9012345678", "Nonce: short"),
        TEXT.replace("+00:00", "").replace("Z", ""),  # a time without its zone
        TEXT + "\n",
        TEXT + "\nExtra: 1",
        TEXT.replace("0x70997970C51812dc3A010C7d01b50e0d17dc79C8", "0x7099"),
    ],
)
def test_other_texts_are_no_sign_in_messages(text: str) -> None:
    assert rules.parse_sign_in(text) is None


def refusals(message: SignInMessage) -> list[str]:
    return rules.sign_in_refusals(message, domain="localhost:8000", chain_id=31337, now=NOW)


def changed(**parts: object) -> SignInMessage:
    return SignInMessage(**{**MESSAGE.__dict__, **parts})


def test_a_message_for_here_and_now_is_taken() -> None:
    assert refusals(MESSAGE) == []


def test_every_reason_to_refuse_is_told() -> None:
    wrong = changed(domain="evil.example", uri="https://evil.example/x", chain_id=1)
    assert refusals(wrong) == ["domain", "uri", "chain_id"]


def test_a_message_ends_in_its_last_second() -> None:
    assert refusals(changed(expires_at=NOW)) == ["expired"]
    assert refusals(changed(expires_at=NOW + timedelta(seconds=1))) == []


def test_a_clock_may_be_five_minutes_ahead() -> None:
    assert refusals(changed(issued_at=NOW + timedelta(minutes=5))) == []
    assert refusals(changed(issued_at=NOW + timedelta(minutes=5, seconds=1))) == ["issued_in_the_future"]
    assert refusals(changed(not_before=NOW + timedelta(minutes=5))) == []
    assert refusals(changed(not_before=NOW + timedelta(minutes=5, seconds=1))) == ["not_yet_valid"]
