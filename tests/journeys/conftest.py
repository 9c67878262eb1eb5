"""A city, and somebody who has taken its gateway over."""

import pytest

from tests.audit.city import City, Opened
from tests.journeys.attacker import THIEF, Attacker, Victims
from tests.parts import Person, Pipeline

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
