"""A city, and somebody who has taken its gateway over."""

from pathlib import Path

import pytest

from tests.audit.city import City, Opened
from tests.journeys.attacker import THIEF, Attacker, Victims
from tests.parts import Person, Pipeline

WHOLE_MACHINES = {"test_machine", "test_crashes", "test_readiness", "test_quickstart"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that start a whole machine run one after the other: two that start at once may want the same port."""
    for item in items:
        if item.path.stem in WHOLE_MACHINES and item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.xdist_group("machine"))


XIAO_PING, A_LIANG, MEI = Person("xiao ping"), Person("a liang"), Person("mei")


@pytest.fixture
def city(chain) -> City:
    """Three people with money, and a thief with an account and none."""
    city = City(chain)
    city.settle_in(XIAO_PING, A_LIANG, MEI)
    chain.register(THIEF, tier=4)
    return city


@pytest.fixture
def attacker(city: City, pipeline: Pipeline) -> Attacker:
    return Attacker(city, pipeline)


@pytest.fixture
def victims(city: City) -> Victims:
    return Victims.of(city, XIAO_PING, A_LIANG, MEI)


@pytest.fixture
def group(city: City) -> Opened:
    """XIAO_PING's lucky packet for A_LIANG and MEI."""
    return city.open(XIAO_PING, (A_LIANG, MEI), total=1_000)
