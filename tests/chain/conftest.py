"""People and packets for the tests of the way down and up."""

import pytest

from tests.parts import Packet, Person, Pipeline


@pytest.fixture
def ann(pipeline: Pipeline) -> Person:
    """Somebody with ¥1,000.00."""
    person = Person("ann")
    pipeline.chain.register(person)
    pipeline.chain.fund(person, fen=100_000)
    return person


@pytest.fixture
def bob(pipeline: Pipeline) -> Person:
    """Somebody with nothing yet."""
    person = Person("bob")
    pipeline.chain.register(person)
    return person


@pytest.fixture
def guests(pipeline: Pipeline) -> tuple[Person, ...]:
    """Ten registered people."""
    people = tuple(Person(f"guest {place}") for place in range(10))
    pipeline.chain.register(*people)
    return people


@pytest.fixture
def packet(pipeline: Pipeline, ann: Person, guests: tuple[Person, ...]) -> Packet:
    """An open lucky packet of ¥88.88 for the ten."""
    packet = pipeline.packet(ann, guests)
    pipeline.leave(packet.creation)
    pipeline.settle()
    return packet
