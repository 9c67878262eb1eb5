"""The town of tests/features/money.py as a fixture."""

import pytest

from tests.features.money import Town
from tests.parts import Pipeline


@pytest.fixture
def town(pipeline: Pipeline) -> Town:
    """People, a chain, and the services of money."""
    return Town(pipeline)
