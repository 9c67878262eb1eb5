"""A shop with a till on the real gateway, whose relayer and indexer work meanwhile."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pswallet.till.counter import Counter
from tests.api.conftest import http, make_app, settings, stranger, vault  # noqa: F401 - the gateway's fixtures
from tests.api.gateway import Member
from tests.api.merchants import become_merchant, place
from tests.api.money import members
from tests.parts import Chain, Pipeline
from tests.till.shop import Shop, Wire
from tests.wallet.conftest import at_work  # noqa: F401 - relayer, indexer and worker


@pytest.fixture
def people(stranger: Any, pipeline: Pipeline) -> list[Member]:  # noqa: F811
    """The shop's owner and two customers."""
    owner, *customers = members(stranger, pipeline, "tea house", "an", "bo")
    become_merchant(owner)
    pipeline.settle()
    made = {"name": "大万店", "street": "坪山", "place": "大万路33号"}
    store = owner.post(place(owner, "/stores"), made).json()["id"]
    assert owner.post(place(owner, f"/stores/{store}/tills"), {"till": "T01"}).status_code == 201
    return [owner, *customers]


@pytest.fixture
def shop(people: list[Member], chain: Chain, tmp_path: Path, at_work: None) -> Iterator[Shop]:  # noqa: F811
    """A tea house with a till."""
    shop = Shop(people[0], chain, tmp_path / "till", Wire())
    yield shop
    for counter in shop.counters:
        counter.put_out()


@pytest.fixture
def an(people: list[Member]) -> Member:
    return people[1]


@pytest.fixture
def bo(people: list[Member]) -> Member:
    return people[2]


@pytest.fixture
def counter(shop: Shop) -> Counter:
    """The till, its shift open."""
    counter = shop.counter()
    counter.open("T01", "lai")
    return counter
