"""The lottery recomputed from its files: what changes nothing, and what another seed, list or winner changes."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pswallet.chain.hashing import keccak
from pswallet.kit.merkle import merkle_root
from pswallet.vouchers.rules import lottery
from pswallet.vouchers.rules.lottery import LotteryInvalid, Opening

WORDS = st.binary(min_size=32, max_size=32)
APPLICANTS = st.lists(WORDS, min_size=1, max_size=40, unique=True)
SEED, BLOCK = b"\x01" * 32, b"\x02" * 32


def file_of(applicants: Sequence[bytes]) -> bytes:
    return b"".join(one.hex().encode() + b"\n" for one in applicants)


def opening(name: str) -> Opening:
    return Opening("0x" + hashlib.sha256(name.encode()).hexdigest()[:40], hashlib.sha256(b"b" + name.encode()).digest())


def drawn(applicants: Sequence[bytes], winners: int = 3, seed: bytes = SEED, block: bytes = BLOCK) -> list[bytes]:
    return lottery.draw(lottery.read_applicants(file_of(applicants)), seed=seed, block_hash=block, winners=winners)


# --- the draw -----------------------------------------------------------------


@given(applicants=APPLICANTS, data=st.data())
def test_the_order_of_the_file_makes_no_difference(applicants: list[bytes], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(applicants))
    assert drawn(shuffled) == drawn(applicants)
    assert lottery.applicants_hash(shuffled) == lottery.applicants_hash(applicants)


@given(applicants=APPLICANTS, winners=st.integers(1, 50), seed=WORDS, block=WORDS)
def test_the_lowest_ranks_win_as_the_page_says(
    applicants: list[bytes], winners: int, seed: bytes, block: bytes
) -> None:
    by_hand = sorted(applicants, key=lambda one: (keccak(seed + block + one), one))[:winners]
    assert drawn(applicants, winners, seed, block) == by_hand


@settings(max_examples=50)
@given(applicants=st.lists(WORDS, min_size=30, max_size=40, unique=True), other=WORDS)
def test_another_seed_and_another_block_draw_others(applicants: list[bytes], other: bytes) -> None:
    assume(other not in (SEED, BLOCK))
    before = drawn(applicants, 15)
    assert drawn(applicants, 15, seed=other) != before
    assert drawn(applicants, 15, block=other) != before


@given(applicants=APPLICANTS, more=WORDS)
def test_another_list_has_another_hash(applicants: list[bytes], more: bytes) -> None:
    assume(more not in applicants)
    assert lottery.applicants_hash([*applicants, more]) != lottery.applicants_hash(applicants)
    assert lottery.applicants_hash([more, *applicants[1:]]) != lottery.applicants_hash(applicants)


def test_with_fewer_applicants_than_winners_everybody_wins() -> None:
    applicants = [bytes([n]) * 32 for n in range(3)]
    assert set(drawn(applicants, 4)) == set(drawn(applicants, 3)) == set(applicants)
    assert len(drawn(applicants, 2)) == 2


def test_progress_tells_of_every_applicant() -> None:
    heard: list[int] = []
    applicants = [keccak(bytes([n])) for n in range(7)]
    lottery.draw(applicants, seed=SEED, block_hash=BLOCK, winners=1, progress=heard.append)
    assert sum(heard) == 7


@pytest.mark.parametrize(("seed", "block"), [(b"\x01" * 31, BLOCK), (SEED, b"\x02" * 33)])
def test_seed_and_block_hash_have_32_bytes(seed: bytes, block: bytes) -> None:
    with pytest.raises(LotteryInvalid, match="32 bytes"):
        lottery.draw([SEED], seed=seed, block_hash=block, winners=1)


# --- the files ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (b"", "line 1"),
        (b"\n", "line 1"),
        (b"ab" * 32 + b"\n" + b"cd" * 31 + b"\n", "line 2"),
        (b"ab" * 32 + b"\r\n", "line 1"),
        (b"0x" + b"ab" * 31 + b"\n", "not hexadecimal"),
        (b"zz" * 32 + b"\n", "not hexadecimal"),
        ((b"ab" * 32 + b"\n") * 2, "there twice"),
        (b"ab" * 32 + b"\n" + b"AB" * 32 + b"\n", "there twice"),
    ],
)
def test_a_file_that_is_not_of_the_format_is_refused(file: bytes, why: str) -> None:
    with pytest.raises(LotteryInvalid, match=why):
        lottery.read_applicants(file)


def test_the_last_line_feed_may_be_missing() -> None:
    assert lottery.read_applicants(b"ab" * 32) == lottery.read_applicants(b"ab" * 32 + b"\n")


def test_an_applicant_is_the_hash_of_an_account_and_its_blinding() -> None:
    one = Opening("0x" + "11" * 20, b"\x22" * 32)
    assert lottery.applicant_of(one) == keccak(b"\0" * 12 + b"\x11" * 20 + b"\x22" * 32)


def test_openings_are_read_for_those_who_won_alone() -> None:
    people = [opening(name) for name in ("an", "bo")]
    lines = [lottery.OPENINGS_HEAD + "\n"]
    lines += [f"{lottery.applicant_of(one).hex()},{one.account},{one.blinding.hex()}\n" for one in people]
    both = {lottery.applicant_of(one): one for one in people}
    assert lottery.read_openings(lines) == both
    wanted = lottery.applicant_of(people[0])
    assert lottery.read_openings(lines, [wanted]) == {wanted: people[0]}
    with pytest.raises(LotteryInvalid, match="there twice"):
        lottery.read_openings([*lines, lines[1]])
    with pytest.raises(LotteryInvalid, match="line 4"):
        lottery.read_openings([*lines, "an,bo,cai"])
    with pytest.raises(LotteryInvalid, match="first line"):
        lottery.read_openings(lines[1:])


def test_a_winner_is_opened_by_the_account_that_applied_and_no_other() -> None:
    an, bo = opening("an"), opening("bo")
    applicant = lottery.applicant_of(an)
    assert lottery.accounts_of([applicant], {applicant: an}) == [an.account]
    forged = ({}, {applicant: bo}, {applicant: Opening(bo.account, an.blinding)})
    for openings in forged:
        with pytest.raises(LotteryInvalid, match="not opened"):
            lottery.accounts_of([applicant], openings)


def test_an_account_that_won_twice_is_found() -> None:
    first, second = opening("an"), Opening(opening("an").account, b"\x07" * 32)
    openings = {lottery.applicant_of(one): one for one in (first, second)}
    with pytest.raises(LotteryInvalid, match="more than once"):
        lottery.accounts_of(list(openings), openings)


def test_the_worked_example_of_the_page_holds() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/lottery.md").read_text()
    people = [Opening("0x" + f"{n:02x}" * 20, bytes([0xB0 + n]) * 32) for n in (1, 2, 3)]
    openings = {lottery.applicant_of(one): one for one in people}
    seed, block = b"\x5e" * 32, b"\xb1" * 32
    winning = lottery.draw(sorted(openings), seed=seed, block_hash=block, winners=2)
    assert lottery.accounts_of(winning, openings) == [people[2].account, people[0].account]
    for applicant in openings:
        assert f"{applicant.hex()[:8]}…{applicant.hex()[-6:]}" in page
        assert f"{keccak(seed + block + applicant).hex()[:8]}…" in page
    root = merkle_root((account, 1) for account in lottery.accounts_of(winning, openings))
    for word in (lottery.applicants_hash(openings), keccak(seed), root):
        assert f"0x{word.hex()}" in page
