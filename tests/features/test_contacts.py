"""Contact groups: their bounds, two devices at once, and what is left when their owner's key is destroyed."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pswallet.contacts import rules, service
from pswallet.contacts.service import Group
from pswallet.kit.problems import Problem
from pswallet.kit.vault import Erased
from tests.features.money import VAULT, Town, name
from tests.parts import Person


def create(town: Town, owner: str, called: str = "坪山一家人") -> Group:
    return town.run(lambda session: service.create_group(session, VAULT, owner=owner, name=called, now=town.now))


def add(town: Town, owner: str, group: Group, person: Person) -> Group:
    return town.run(
        lambda session: service.add_by_address(
            session, VAULT, group.id, owner=owner, address=person.address, alias=person.name
        )
    )


def refusal(act: Any, *given: Any) -> str:
    with pytest.raises(Problem) as refused:
        act(*given)
    return name(refused.value)


def test_a_person_has_at_most_20_groups(town: Town) -> None:
    town.settle()
    for _ in range(rules.MAX_GROUPS):
        create(town, "acc_an")
    assert refusal(create, town, "acc_an") == "ContactGroupsExhausted"
    assert create(town, "acc_bo").name == "坪山一家人"


def test_a_group_has_at_most_100_members(town: Town) -> None:
    people = [Person(f"friend {place}") for place in range(rules.MAX_MEMBERS + 1)]
    for first in range(0, len(people), 40):
        town.pipeline.chain.register(*people[first : first + 40])
    town.settle()
    group = create(town, "acc_an")
    for person in people[:-1]:
        group = add(town, "acc_an", group, person)
    assert [one.address for one in group.members] == [person.address for person in people[:-1]]
    assert refusal(add, town, "acc_an", group, people[-1]) == "ContactGroupFull"
    assert len(add(town, "acc_an", group, people[0]).members) == rules.MAX_MEMBERS, "a member is no newcomer"


def test_two_devices_that_add_at_once_lose_nobody(town: Town) -> None:
    people = town.people(*(f"friend {place}" for place in range(8)), fen=0)
    group = create(town, "acc_an")
    with ThreadPoolExecutor(4) as devices:
        list(devices.map(lambda person: add(town, "acc_an", group, person), people))
    (found,) = town.run(lambda session: service.groups_of(session, VAULT, owner="acc_an"))
    assert {one.address for one in found.members} == {person.address for person in people}


def test_with_the_owners_key_destroyed_nobody_reads_the_group(town: Town) -> None:
    (bo,) = town.people("bo", fen=0)
    add(town, "acc_an", create(town, "acc_an"), bo)
    town.run(lambda session: VAULT.destroy(session, "acc_an", now=town.now))
    with pytest.raises(Erased):
        town.run(lambda session: service.groups_of(session, VAULT, owner="acc_an"))
