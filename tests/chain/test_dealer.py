"""The draw's hash chain, and what the dealer signs."""

import pytest

from pswallet.chain.dealer import Dealer
from pswallet.chain.signing import (
    POSITION_TICKET,
    Domain,
    checksum,
    digest,
    keccak,
    recover,
)
from tests.parts import Person, secret

DOMAIN = Domain("RedPacketEscrow", "1", 31337, checksum(b"\x22" * 20))


@pytest.fixture
def dealer():
    return Dealer(secret("dealer"), secret("seed"), DOMAIN)


def test_each_link_hashes_to_the_one_before_it(dealer):
    known = bytes.fromhex(dealer.commitment("drw_1")[2:])
    for link in dealer.links("drw_1", 0, 100):
        assert keccak(link)[:20] == known
        known = link


def test_a_part_of_the_chain_is_that_part(dealer):
    assert dealer.links("drw_1", 3, 4) == dealer.links("drw_1", 0, 100)[3:7]


def test_there_are_links_for_a_hundred_positions_and_no_more(dealer):
    assert len(dealer.links("drw_1", 99, 1)) == 1
    with pytest.raises(ValueError, match="not below 100"):
        dealer.links("drw_1", 99, 2)


def test_another_draw_or_seed_has_another_chain(dealer):
    other = Dealer(secret("dealer"), secret("another seed"), DOMAIN)
    assert len({dealer.commitment("drw_1"), dealer.commitment("drw_2"), other.commitment("drw_1")}) == 3


def test_the_same_seed_makes_the_same_chain_after_a_restart(dealer):
    again = Dealer(secret("dealer"), secret("seed"), DOMAIN)
    assert again.links("drw_1", 0, 100) == dealer.links("drw_1", 0, 100)


def test_a_ticket_names_the_claimants_place(dealer):
    packet, ann = "0x" + "33" * 32, Person("ann").address
    ticket = dealer.sign_ticket(packet, ann, 7)
    message = {"packet": packet, "claimant": ann, "position": 7}
    assert recover(digest(DOMAIN, POSITION_TICKET, message), ticket) == dealer.address
    assert recover(digest(DOMAIN, POSITION_TICKET, {**message, "position": 8}), ticket) != dealer.address
