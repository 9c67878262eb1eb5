"""The draw against a second opinion: the same shares, the promised bounds, no bias, sums exact."""

import random
from fractions import Fraction
from itertools import pairwise

import pytest
from eth_utils.crypto import keccak

from tests.contracts import drawing

CAP = 20_000


@pytest.fixture(scope="session")
def bare(contracts, officers):
    """The draw without its escrow."""
    return officers.admin.deploy(contracts.BareDraw)


def vectors(seed, count):
    """Random feasible packets: link, id, rest, shares left, largest share."""
    dice = random.Random(seed)
    for _ in range(count):
        left = dice.randint(1, 100)
        cap = dice.choice([1, 2, 7, 200, CAP, 2**40, 2**64 - 1])
        rest = dice.randint(left, min(left * cap, 2**64 - 1))
        yield dice.randbytes(20), dice.randbytes(32), rest, left, cap


def test_shares_equal_the_second_opinion(escrow):
    for link, packet, rest, left, cap in vectors(1, 60):
        assert escrow.shareOf(link, packet, rest, left, cap) == drawing.share(link, packet, rest, left, cap)


@pytest.mark.parametrize(
    ("rest", "left", "cap", "share"),
    [
        (10, 10, CAP, 1),
        (200, 1, CAP, 200),
        (10 * CAP, 10, CAP, CAP),
        (CAP, 1, CAP, CAP),
        (2, 2, 1, 1),
        (100, 100, 1, 1),
    ],
)
def test_only_possible_share_is_drawn(escrow, rest, left, cap, share):
    for link in (b"\x00" * 20, b"\xff" * 20, b"\x5a" * 20):
        assert escrow.shareOf(link, b"\x01" * 32, rest, left, cap) == share


@pytest.mark.parametrize("total", [10, 8888, 199_999, 200_000])
def test_whole_packet_is_given_within_its_bounds(escrow, total):
    rest, packet, link = total, keccak(b"packet"), b"\x07" * 20
    for left in range(10, 0, -1):
        link = keccak(link)[:20]
        share = escrow.shareOf(link, packet, rest, left, CAP)
        assert 1 <= share <= CAP
        rest -= share
    assert rest == 0


def test_bounds_equal_the_second_opinion(bare):
    for _, _, rest, left, cap in vectors(2, 40):
        if left > 1:
            for twice in {drawing.roundings(rest, left)[0], drawing.roundings(rest, left)[-1]}:
                assert tuple(bare.bounds(twice, rest, left, cap)) == drawing.bounds(twice, rest, left, cap)


def test_bounds_leave_a_feasible_rest():
    for _, _, rest, left, cap in vectors(3, 20_000):
        if left > 1:
            for twice in {2 * rest // left, -(-2 * rest // left)}:
                lo, hi = drawing.bounds(twice, rest, left, cap)
                assert 1 <= lo <= hi <= cap
                for share in (lo, hi):
                    assert left - 1 <= rest - share <= (left - 1) * cap


def test_mean_of_a_draw_is_the_mean_of_what_is_left():
    for _, _, rest, left, cap in vectors(4, 2_000):
        if left > 1:
            assert drawing.mean(rest, left, cap) == Fraction(rest, left)


def test_seeds_of_the_incomplete_stretch_are_hashed_again(bare):
    n = 2**255 + 1
    seeds = [0, n - 1, n, 2**256 - 1, *(int.from_bytes(keccak(bytes([i])), "big") for i in range(20))]
    again = [seed for seed in seeds if seed >= n]
    assert len(again) > 5
    for seed in seeds:
        assert bare.below(seed, n) == drawing.below(seed, n)
    assert all(bare.below(seed, n) != seed % n for seed in again)


@pytest.mark.parametrize("n", [1, 2, 3, 2**64 - 1, 2**128, 2**255, 2**256 - 1])
def test_last_whole_seed_is_kept_and_the_next_is_not(bare, n):
    whole = 2**256 // n * n
    assert bare.below(whole - 1, n) == n - 1
    if whole < 2**256:
        assert bare.below(whole, n) == drawing.below(whole, n)


def test_links_hash_down_to_the_commitment(table, guests):
    packet = table.lucky(guests)
    chain = [packet.draw.commitment, *packet.draw.links]
    assert all(keccak(after)[:20] == before for before, after in pairwise(chain))


def test_same_link_draws_another_share_in_another_packet(table, escrow, guests):
    link = b"\x07" * 20
    shares = {escrow.shareOf(link, bytes([i]) * 32, 10**12, 10, 10**12) for i in range(5)}
    assert len(shares) == 5


def test_every_reveal_recomputes_the_packet(table, escrow, guests, relayer):
    packet = table.lucky(guests, total=8888).opened()
    receipt = escrow.claimMany([packet.group(guests)], sender=relayer)
    claimed = [event for event in receipt.events if event.event_name == "PacketClaimed"]
    links = [bytes(event.link) for event in claimed]
    shares = drawing.shares(links, packet.id, 8888, CAP)
    assert [event.value for event in claimed] == shares
    assert sum(shares) == 8888
