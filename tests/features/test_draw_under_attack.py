"""The draw under attack, in small (`make draws` plays it a million times): nobody gains, and a gain would be seen."""

import numpy as np
import pytest

from bench.draws.measure import OLD_RULE, OURS, PLAIN_CAP, Played, play_chunk
from bench.draws.strategies import STRATEGIES, WEAKER, Strategy
from bench.draws.table import Packet, deal
from pswallet.redpackets import rules

UNCAPPED = Packet("no cap", 10_000, 10, 20_000)
CAPPED = Packet("capped", 150_000, 10, 20_000)
SMALL = Packet("a hundred shares of ten fen", 1_000, 100, 20_000)


@pytest.fixture(scope="module", params=[UNCAPPED, CAPPED], ids=lambda packet: packet.name)
def played(request: pytest.FixtureRequest) -> Played:
    return play_chunk(request.param, 10_000, seed=7)


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: strategy.name)
def test_no_strategy_beats_the_mean(played: Played, strategy: Strategy) -> None:
    assert not played.beats(strategy)


@pytest.mark.parametrize("attack", WEAKER, ids=lambda attack: attack.name)
def test_the_same_measurement_sees_attacks_on_weaker_designs_gain(played: Played, attack: Strategy) -> None:
    assert played.beats(attack)


def test_every_position_has_the_fair_mean(played: Played) -> None:
    assert played.unfair_positions(OURS) == []


def test_a_plain_cap_would_be_seen_to_skew_the_positions() -> None:
    assert 0 in play_chunk(CAPPED, 10_000, seed=7).unfair_positions(PLAIN_CAP)


def test_rounding_down_would_be_seen_to_favour_the_last_of_a_hundred() -> None:
    played = play_chunk(SMALL, 16_000, seed=7)
    assert {98, 99} & set(played.unfair_positions(OLD_RULE))
    assert played.unfair_positions(OURS) == []


@pytest.mark.parametrize("packet", [UNCAPPED, CAPPED, SMALL], ids=lambda packet: packet.name)
def test_the_tables_shares_are_the_rules(packet: Packet) -> None:
    table = deal(packet, 50, np.random.default_rng(3))
    for row, packet_id in enumerate(table.ids):
        links = [column[row] for column in table.links]
        drawn = rules.draw(
            commitment=rules.link_before(links[0]),
            links=links,
            packet=packet_id,
            total=packet.total,
            shares=packet.shares,
            max_share=packet.max_share,
        )
        assert drawn == table.shares[row].tolist()
