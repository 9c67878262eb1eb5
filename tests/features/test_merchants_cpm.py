"""Customer-presented codes: EMVCo's sample and ours to the letter, and a name for each way to be wrong."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pswallet.merchants.rules import cpm
from pswallet.merchants.rules.flaws import Flaw, Refusal
from pswallet.merchants.rules.tlv import Element, read_ber, write_ber

EMVCO = "hQVDUFYwMWEaTwegAAAAVVVVVw8SNFZ4kBI0WNGRIgESNF8="
OURS = "hQVDUFYwMWEVTwnwUFNXQUxMRVRQCFBTV0FMTEVUYh1fLQR6aGVuZBTBEjQ5MTIzNDU2Nzg5MDEyMzQ1Ng=="


def coded(content: str) -> str:
    return base64.b64encode(bytes.fromhex(content)).decode()


def test_emvcos_sample_is_read_byte_by_byte_and_written_again() -> None:
    found = cpm.read(EMVCO)
    track = Element("57", bytes.fromhex("1234567890123458D191220112345F"))
    application = Element("61", (Element("4F", bytes.fromhex("A0000000555555")), track))
    assert found == (Element("85", b"CPV01"), application)
    assert cpm.write(found) == EMVCO
    assert cpm.payment_code(found) == Refusal(Flaw.ISSUER_UNKNOWN, "61.4F")


def test_ours_carries_the_payment_code() -> None:
    assert cpm.customer_code("491234567890123456") == OURS
    found = cpm.read(OURS)
    assert not isinstance(found, Refusal)
    assert cpm.payment_code(found) == "491234567890123456"


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("hQVDUFYwMWEa!", Refusal(Flaw.UNREADABLE)),
        ("hQVDUFYwMQ", Refusal(Flaw.UNREADABLE)),
        ("大万", Refusal(Flaw.UNREADABLE)),
        ("", Refusal(Flaw.FORMAT_NOT_FIRST)),
        (coded("6109 4F07 A0000000555555"), Refusal(Flaw.FORMAT_NOT_FIRST)),
        (coded("8505 4350563032 6109 4F07 A0000000555555"), Refusal(Flaw.FIELD_INVALID, "85")),
        (coded("8505 4350563031"), Refusal(Flaw.FIELD_MISSING, "61.4F")),
        (coded("8505 4350563031 6102 5000"), Refusal(Flaw.FIELD_MISSING, "61.4F")),
        (coded("8505 4350563031 8505 4350563031"), Refusal(Flaw.TAG_REPEATED, "85")),
        (coded("8505 4350563031 610A 4F07 A0000000555555"), Refusal(Flaw.LENGTH, "61")),
        (coded("8505 4350563031 6109 4F08 A0000000555555"), Refusal(Flaw.LENGTH, "61.4F")),
        (coded("8505 4350563031 6109 4F06 A0000000555555"), Refusal(Flaw.LENGTH, "61.55")),
        (coded("8505 4350563031 61"), Refusal(Flaw.LENGTH, "61")),
        (coded("8505 4350563031 6180"), Refusal(Flaw.LENGTH, "61")),
        (coded("8505 4350563031 618109 4F07 A0000000555555"), Refusal(Flaw.LENGTH, "61")),
        (coded("8505 4350563031 5F"), Refusal(Flaw.LENGTH, "5F")),
    ],
)
def test_what_is_no_such_code_is_refused(text: str, refusal: Refusal) -> None:
    assert cpm.read(text) == refusal


def test_ours_without_its_payment_code_is_refused() -> None:
    found = cpm.read(coded("8505 4350563031 610B 4F09 F0505357414C4C4554"))
    assert not isinstance(found, Refusal)
    assert cpm.payment_code(found) == Refusal(Flaw.FIELD_MISSING, "62.64.C1")


def test_what_nests_without_end_is_refused() -> None:
    deep = b""
    for _ in range(100):
        deep = write_ber([Element("61", deep)])
    found = read_ber(deep)
    assert isinstance(found, Refusal)
    assert found.flaw is Flaw.LENGTH


_primitive = st.sampled_from(["4F", "50", "57", "5A", "5F20", "5F2D", "C1", "DF8101"])
_constructed = st.sampled_from(["61", "62", "64", "BF0C"])


def _elements(parts: Any) -> Any:
    return st.lists(parts, max_size=4, unique_by=lambda element: element.tag).map(tuple)


_leaf = st.builds(Element, _primitive, st.binary(max_size=300))
_trees = st.recursive(_leaf, lambda inner: st.builds(Element, _constructed, _elements(inner)), max_leaves=12)


@given(_elements(_trees))
def test_what_is_written_is_read_back(elements: tuple[Element, ...]) -> None:
    assert read_ber(write_ber(elements)) == elements


@given(st.binary(max_size=60))
def test_whatever_bytes_are_scanned_are_elements_or_have_a_flaw(content: bytes) -> None:
    found = read_ber(content)
    assert isinstance(found, Refusal) or write_ber(found) == content
