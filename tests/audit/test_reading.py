"""The auditor reads many states at once, where the node lets it, and keeps what grows beside the memory."""

import pytest

from pswallet.audit.kept import Kept
from pswallet.audit.node import Node
from pswallet.audit.reading import calls_at_once
from pswallet.audit.state import account_call
from pswallet.chain.rpc import Rpc, RpcError
from tests.audit.city import City
from tests.audit.liar import Refused, lying
from tests.parts import Person

MEI = Person("mei")
WORDS = 7


def people(count: int) -> list[Person]:
    return [Person(f"person {number}") for number in range(count)]


def one_by_one(city: City, calls: list[str]) -> list[str]:
    to, block = city.chain.deployment.stablecoin, hex(city.chain.head())
    return [city.chain.rpc.call("eth_call", [{"to": to, "data": data}, block]) for data in calls]


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_many_answers_are_those_of_each_call(city: City, more: int):
    """Around the most that one call carries."""
    some = people(calls_at_once(36, 32 * WORDS) + more)
    city.settle_in(*some[-2:])
    calls = [account_call(person.address.lower()) for person in some]
    node = Node(city.chain.rpc, [])
    found = list(node.read_all(city.chain.deployment.stablecoin, calls, city.chain.head(), words=WORDS))
    assert found == one_by_one(city, calls)
    assert int(found[-1][2:66], 16) == 100_000


def test_a_call_that_reverts_is_refused_for_itself(city: City):
    calls = [account_call(MEI.address.lower()), "0x" + "12" * 36]
    node = Node(city.chain.rpc, [])
    with pytest.raises(RpcError):
        list(node.read_all(city.chain.deployment.stablecoin, calls, city.chain.head(), words=WORDS))


def test_an_address_without_code_answers_nothing_and_not_zeros(city: City):
    node = Node(city.chain.rpc, [])
    calls = [account_call(MEI.address.lower())] * 2
    assert list(node.read_all(MEI.address, calls, city.chain.head(), words=WORDS)) == ["0x", "0x"]


def without_our_code(request, result):
    """A node that calls contracts only."""
    if request["method"] == "eth_call" and "to" not in request["params"][0]:
        raise Refused("to is missing")
    return result


def cut_short(request, result):
    """A node that gives less than what our code returned."""
    return result[:-64] if request["method"] == "eth_call" and "to" not in request["params"][0] else result


@pytest.mark.parametrize("lie", [without_our_code, cut_short])
def test_a_node_that_runs_no_code_of_ours_is_asked_call_by_call(city: City, lie):
    city.settle_in(MEI)
    calls = [account_call(MEI.address.lower())] * 3
    with lying(city.chain.rpc.url, lie) as url, Rpc(url) as rpc:
        node = Node(rpc, [])
        found = list(node.read_all(city.chain.deployment.stablecoin, calls, city.chain.head(), words=WORDS))
    assert found == one_by_one(city, calls)


def test_what_is_kept_is_kept_once():
    kept = Kept()
    assert [kept.add(item) for item in (b"a", b"b", b"a")] == [True, True, False]
    assert (sorted(kept), len(kept), b"a" in kept, b"c" in kept) == ([b"a", b"b"], 2, True, False)
