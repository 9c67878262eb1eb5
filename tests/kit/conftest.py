"""Doing things at the same time."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest


@pytest.fixture
def at_once() -> Callable[[Sequence[Callable[[], None]]], None]:
    """Run several things in threads of their own; what one raises is raised."""

    def run(things: Sequence[Callable[[], None]]) -> None:
        with ThreadPoolExecutor(len(things)) as pool:
            for done in [pool.submit(thing) for thing in things]:
                done.result()

    return run
