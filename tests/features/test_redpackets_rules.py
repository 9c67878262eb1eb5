"""Red packets' rules: the double-mean draw, the guest list, the limits of facts.md §2."""

import random
from dataclasses import replace

import pytest
from eth_abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st

from pswallet.chain.abi import artifact
from pswallet.chain.hashing import keccak
from pswallet.chain.terms import ZERO_20, ZERO_32, ZERO_ADDRESS, Terms
from pswallet.redpackets import rules
from tests.parts import Chain, Person, merkle_layers

NOW = 1_800_000_000
EQUAL = Terms(
    creator=Person("creator").address,
    total=1_000,
    shares=10,
    expiry=NOW + 86_400,
    max_share=0,
    lucky=False,
    guests="0x" + "11" * 32,
    claim_key=ZERO_ADDRESS,
    dealer=ZERO_ADDRESS,
    draw_commitment=ZERO_20,
    salt=ZERO_32,
)
LUCKY = replace(EQUAL, lucky=True, max_share=20_000, dealer=Person("dealer").address, draw_commitment="0x" + "22" * 20)


def violation(terms: Terms, **changed: object) -> str | None:
    return rules.violation(replace(terms, **changed), chain_time=NOW)  # type: ignore[arg-type]


def chain_of_links(seed: bytes, count: int) -> tuple[bytes, list[bytes]]:
    link = keccak(seed)[:20]
    links = [link]
    for _ in range(count - 1):
        links.append(rules.link_before(links[-1]))
    links.reverse()
    return rules.link_before(links[0]), links


def drawn(total: int, shares: int, *, max_share: int = 20_000, seed: bytes = b"seed") -> list[int]:
    commitment, links = chain_of_links(seed, shares)
    return list(
        rules.draw(
            commitment=commitment,
            links=links,
            packet=keccak(seed + b"packet"),
            total=total,
            shares=shares,
            max_share=max_share,
        )
    )


# --- the draw ---


@given(st.integers(1, 100), st.integers(0, 2_000_000), st.binary(min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_shares_sum_to_the_total_and_each_holds_a_fen_and_not_more_than_the_largest(
    shares: int, extra: int, seed: bytes
) -> None:
    total = min(shares + extra, shares * rules.MAX_SHARE)
    values = drawn(total, shares, seed=seed)
    assert sum(values) == total
    assert min(values) >= 1
    assert max(values) <= rules.MAX_SHARE


def test_ten_fen_among_ten_are_ten_times_one() -> None:
    assert drawn(10, 10) == [1] * 10


def test_one_share_takes_everything() -> None:
    assert drawn(200, 1) == [200]


def test_a_packet_at_the_cap_gives_everyone_the_cap() -> None:
    assert drawn(5 * 20_000, 5) == [20_000] * 5


@given(st.integers(2, 2**16), st.integers(0, 2**256 - 1))
def test_below_stays_below(n: int, seed: int) -> None:
    assert 0 <= rules.below(seed, n) < n


def test_below_hashes_again_in_the_incomplete_last_stretch() -> None:
    last = 2**256 - 1
    assert rules.below(last, 3) == int.from_bytes(keccak(last.to_bytes(32, "big")), "big") % 3
    assert rules.below(last - 1, 3) == (last - 1) % 3


def test_every_position_has_the_same_mean() -> None:
    totals = [0] * 10
    for run in range(600):
        for place, value in enumerate(drawn(10_000, 10, seed=run.to_bytes(4, "big"))):
            totals[place] += value
    for place, total in enumerate(totals):
        # Variance of facts.md §2c: 0.33 to 0.59 µ²; five standard errors of 600 runs.
        assert abs(total / 600 - 1_000) < 5 * 0.77 * 1_000 / 600**0.5, place


def test_the_cap_does_not_skew_the_first_share() -> None:
    first = [drawn(30_000, 2, seed=run.to_bytes(4, "big"))[0] for run in range(800)]
    assert abs(sum(first) / 800 - 15_000) < 5 * 2_900 / 800**0.5


def test_a_forged_link_is_found() -> None:
    commitment, links = chain_of_links(b"honest", 3)
    with pytest.raises(ValueError, match="link 1"):
        rules.draw(
            commitment=commitment,
            links=[links[0], bytes(20), links[2]],
            packet=bytes(32),
            total=30,
            shares=3,
            max_share=20,
        )


def test_more_links_than_shares_are_refused() -> None:
    commitment, links = chain_of_links(b"honest", 3)
    with pytest.raises(ValueError, match="3 links for 2 shares"):
        rules.draw(commitment=commitment, links=links, packet=bytes(32), total=30, shares=2, max_share=20)


def test_the_escrow_draws_the_same_shares(chain: Chain) -> None:
    """The contract's own `shareOf`, called on random links and packets, edges of the cap among them."""
    dice = random.Random(8)
    abi = artifact("RedPacketEscrow")
    for _ in range(60):
        left = dice.choice([1, 2, 3, 10, 100])
        max_share = dice.choice([20_000, 500, 100])
        rest = dice.choice([left, left * max_share, dice.randint(left, left * max_share)])
        link, packet = dice.randbytes(20), dice.randbytes(32)
        data = abi.call("shareOf", link, packet, rest, left, max_share)
        answer = chain.rpc.call("eth_call", [{"to": chain.deployment.escrow, "data": "0x" + data.hex()}, "latest"])
        ours = rules.share_of(link, packet, rest=rest, left=left, max_share=max_share)
        assert int(answer, 16) == ours, (rest, left, max_share)


# --- 手气最佳 ---


def test_the_luckiest_is_known_after_the_last_share_only() -> None:
    assert rules.luckiest([5, 9], shares=3, lucky=True) is None
    assert rules.luckiest([5, 9, 1], shares=3, lucky=True) == 1


def test_of_equal_shares_the_earliest_is_the_luckiest() -> None:
    assert rules.luckiest([3, 7, 7], shares=3, lucky=True) == 1


def test_a_packet_of_one_share_or_of_equal_ones_has_no_luckiest() -> None:
    assert rules.luckiest([5], shares=1, lucky=True) is None
    assert rules.luckiest([5, 5], shares=2, lucky=False) is None


# --- the guest list ---


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 33, 100])
def test_every_proof_leads_to_the_root(count: int) -> None:
    accounts = [Person(f"guest {place}").address for place in range(count)]
    guests = rules.guest_list(accounts)
    for place, account in enumerate(accounts):
        node = rules.guest_leaf(account, place)
        proof = guests.proofs[place]
        for at in range(0, len(proof), 32):
            beside = proof[at : at + 32]
            node = keccak(min(node, beside) + max(node, beside))
        assert node == guests.root


def test_a_leaf_is_hashed_twice_over_address_and_index() -> None:
    account = Person("guest").address
    assert rules.guest_leaf(account, 3) == keccak(keccak(encode(["address", "uint256"], [account, 3])))


def test_the_tree_is_open_zeppelins_standard_tree() -> None:
    """Leaves in order of their hashes: the vector of @openzeppelin/merkle-tree's README, rebuilt by hand for two."""
    accounts = [Person("one").address, Person("two").address]
    assert rules.guest_list(accounts).root == merkle_layers(accounts)[-1][0]


def test_an_empty_a_doubled_and_an_endless_guest_list_are_refused() -> None:
    account = Person("guest").address
    for wrong in ([], [account, account], [account, account.lower()], [f"0x{n:040x}" for n in range(501)]):
        with pytest.raises(ValueError, match="1 to 500"):
            rules.guest_list(wrong)
    assert len(rules.guest_list([f"0x{n:040x}" for n in range(500)]).proofs) == 500


# --- the limits ---


def test_good_terms_break_no_rule() -> None:
    assert violation(EQUAL) is None
    assert violation(LUCKY) is None


@pytest.mark.parametrize(("shares", "broken"), [(0, True), (1, False), (100, False), (101, True)])
def test_a_packet_has_1_to_100_shares(shares: int, broken: bool) -> None:
    found = violation(LUCKY, shares=shares, total=1_000, max_share=20_000)
    assert (found == "ShareCountOutOfRange") is broken


def test_nine_fen_cannot_be_cut_into_ten_shares_and_ten_can() -> None:
    assert violation(LUCKY, total=9) == "TotalNotDivisible"
    assert violation(LUCKY, total=10) is None


def test_an_equal_packet_divides_without_rest() -> None:
    assert violation(EQUAL, total=1_001) == "TotalNotDivisible"
    assert violation(LUCKY, total=1_001) is None


def test_a_share_is_at_most_200_yuan() -> None:
    assert violation(EQUAL, total=200_000) is None
    assert violation(EQUAL, total=200_010) == "ShareLimitExceeded"
    assert violation(LUCKY, max_share=20_000) is None
    assert violation(LUCKY, max_share=20_001) == "ShareLimitExceeded"


def test_the_largest_share_can_hold_a_lucky_packets_mean_and_is_zero_in_an_equal_one() -> None:
    assert violation(LUCKY, max_share=100) is None
    assert violation(LUCKY, max_share=99) == "MaxShareOutOfRange"
    assert violation(EQUAL, max_share=1) == "MaxShareOutOfRange"


def test_the_expiry_is_ahead_by_24_hours_and_a_minute_at_most() -> None:
    assert violation(EQUAL, expiry=NOW) == "ExpiryOutOfRange"
    assert violation(EQUAL, expiry=NOW + 1) is None
    assert violation(EQUAL, expiry=NOW + 86_460) is None
    assert violation(EQUAL, expiry=NOW + 86_461) == "ExpiryOutOfRange"


def test_a_packet_is_for_guests_or_for_a_link() -> None:
    key = Person("link").address
    assert violation(EQUAL, guests=ZERO_32) == "AudienceAmbiguous"
    assert violation(EQUAL, claim_key=key) == "AudienceAmbiguous"
    assert violation(EQUAL, guests=ZERO_32, claim_key=key) is None


def test_lucky_packets_name_dealer_and_commitment_and_equal_ones_neither() -> None:
    assert violation(LUCKY, dealer=ZERO_ADDRESS) == "DrawTermsMismatch"
    assert violation(LUCKY, draw_commitment=ZERO_20) == "DrawTermsMismatch"
    assert violation(EQUAL, dealer=LUCKY.dealer) == "DrawTermsMismatch"
    assert violation(EQUAL, draw_commitment=LUCKY.draw_commitment) == "DrawTermsMismatch"


def test_a_kind_says_what_the_packet_is() -> None:
    fits = rules.kind_fits
    assert fits("lucky", lucky=True, shares=10, guests=10)
    assert not fits("lucky", lucky=False, shares=10, guests=10)
    assert not fits("equal", lucky=True, shares=10, guests=10)
    assert fits("exclusive", lucky=False, shares=1, guests=1)
    assert not fits("exclusive", lucky=False, shares=1, guests=2)
    assert not fits("exclusive", lucky=False, shares=2, guests=1)
    assert fits("link", lucky=False, shares=2, guests=0)
    assert not fits("phrase", lucky=False, shares=2, guests=1)
    assert not fits("campaign", lucky=False, shares=2, guests=0)


def test_its_creator_its_guests_and_its_claimants_take_part_in_a_packet() -> None:
    me, other = Person("me").address, Person("other").address
    assert rules.takes_part(me, creator=me, is_guest=False, has_claimed=False)
    assert rules.takes_part(me, creator=other, is_guest=True, has_claimed=False)
    assert rules.takes_part(me, creator=other, is_guest=False, has_claimed=True)
    assert not rules.takes_part(me, creator=other, is_guest=False, has_claimed=False)


def test_the_most_a_share_can_turn_out_to_be() -> None:
    largest = rules.largest_share
    assert largest(total=1_000, shares=10, max_share=0, lucky=False) == 100
    assert largest(total=8_888, shares=10, max_share=20_000, lucky=True) == 8_879
    assert largest(total=100_000, shares=10, max_share=20_000, lucky=True) == 20_000
    assert largest(total=500, shares=1, max_share=20_000, lucky=True) == 500
