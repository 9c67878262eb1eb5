"""A city on a real chain for the auditor to read."""

import pytest

from tests.audit.city import City
from tests.parts import Chain


@pytest.fixture
def city(chain: Chain) -> City:
    """An empty city on a fresh chain with our contracts."""
    return City(chain)
