"""The Merkle-sum tree: everybody finds their own points in the total, and no trick makes the total smaller unseen."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pswallet.points.rules import Proof, ProofInvalid, check, read_proof, root_of, trees
from pswallet.points.rules.proofs import FORMAT, day_number
from pswallet.points.rules.trees import MAX_POINTS, Node

DAY = date(2026, 11, 25)
NUMBER = day_number(DAY)


def account(number: int) -> bytes:
    return number.to_bytes(20)


def salt(number: int) -> bytes:
    return (10**9 + number).to_bytes(32)


def leaf_of(number: int, points: int) -> Node:
    return trees.leaf(trees.blinded(NUMBER, salt(number), account(number)), points)


def tree_of(points: list[int]) -> list[list[Node]]:
    return trees.levels([leaf_of(number, one) for number, one in enumerate(points)])


def root(tree: list[list[Node]]) -> str:
    return trees.published(NUMBER, tree)[0]


def proof(tree: list[list[Node]], number: int, points: int) -> Proof:
    return Proof(
        day=DAY,
        account="0x" + account(number).hex(),
        salt="0x" + salt(number).hex(),
        points=points,
        position=number,
        beside=tuple(("0x" + node.hash.hex(), node.points) for node in trees.beside(tree, number)),
    )


def holds(shown: Proof, published: str) -> bool:
    try:
        check(shown, published)
    except ProofInvalid:
        return False
    return True


PEOPLE = st.lists(st.integers(0, 10**6), min_size=1, max_size=20)
TWO_AND_MORE = st.lists(st.integers(0, 10**6), min_size=2, max_size=20)


@given(points=PEOPLE)
def test_everybody_finds_their_own_points_in_the_total(points: list[int]) -> None:
    tree = tree_of(points)
    assert [check(proof(tree, number, one), root(tree)) for number, one in enumerate(points)] == [sum(points)] * len(
        points
    )


@given(points=PEOPLE, data=st.data())
def test_nothing_of_a_proof_can_be_changed(points: list[int], data: st.DataObject) -> None:
    tree = tree_of(points)
    number = data.draw(st.integers(0, len(points) - 1))
    good = proof(tree, number, points[number])
    other = data.draw(
        st.one_of(
            st.integers(-(10**6), 10**7).map(lambda value: replace(good, points=value)),
            st.integers(-3, 40).map(lambda value: replace(good, position=value)),
            st.integers(-400, 400).map(lambda days: replace(good, day=DAY + timedelta(days=days))),
            st.integers(0, 50).map(lambda one: replace(good, account="0x" + account(one).hex())),
            st.integers(0, 50).map(lambda one: replace(good, salt="0x" + salt(one).hex())),
            st.permutations(good.beside).map(lambda nodes: replace(good, beside=tuple(nodes))),
            st.integers(0, len(good.beside)).map(lambda cut: replace(good, beside=good.beside[:cut])),
            st.integers(1, 3).map(lambda more: replace(good, beside=good.beside + good.beside[:1] * more)),
            _with_another_node(good),
        )
    )
    assume(other != good)
    assert not holds(other, root(tree))


def _with_another_node(good: Proof) -> st.SearchStrategy[Proof]:
    if not good.beside:
        return st.just(good)

    def changed(place: int, by: int) -> Proof:
        digest, points = good.beside[place]
        nodes = [*good.beside]
        nodes[place] = (digest, points + by)
        return replace(good, beside=tuple(nodes))

    return st.builds(changed, st.integers(0, len(good.beside) - 1), st.integers(-(10**6), 10**6))


@given(points=TWO_AND_MORE, data=st.data())
def test_two_people_who_hold_the_same_cannot_be_given_one_leaf(points: list[int], data: st.DataObject) -> None:
    """The oldest trick: count one of them. Whichever salt the other is told, the leaf is not of their address."""
    places = st.integers(0, len(points) - 1)
    counted, left_out = data.draw(st.tuples(places, places).filter(lambda pair: pair[0] != pair[1]))
    points[left_out] = points[counted]
    cheating = trees.levels([leaf_of(number, one) for number, one in enumerate(points) if number != left_out])
    place = counted - (counted > left_out)
    shown = replace(proof(cheating, place, points[counted]), salt="0x" + salt(counted).hex())
    assert holds(replace(shown, account="0x" + account(counted).hex()), root(cheating))
    for told in (counted, left_out):
        other = replace(shown, account="0x" + account(left_out).hex(), salt="0x" + salt(told).hex())
        assert not holds(other, root(cheating))


@given(points=TWO_AND_MORE, data=st.data())
def test_a_sum_that_loses_points_on_the_way_up_is_found_by_whoever_is_below(
    points: list[int], data: st.DataObject
) -> None:
    tree = tree_of(points)
    height = data.draw(st.integers(0, len(tree) - 2))
    place = data.draw(st.integers(0, len(tree[height]) - 1))
    assume(tree[height][place].points > 0)
    less = data.draw(st.integers(1, tree[height][place].points))
    lying = [level[:] for level in tree]
    lying[height][place] = Node(tree[height][place].hash, tree[height][place].points - less)
    for above in range(height + 1, len(lying)):
        below = lying[above - 1]
        lying[above] = [trees.joined(below[one], below[one + 1]) for one in range(0, len(below), 2)]
    assert lying[-1][0].points == sum(points) - less
    below_it = [number for number in range(len(points)) if number >> height == place]
    assert below_it
    assert not any(holds(proof(lying, number, points[number]), root(lying)) for number in below_it)


@given(points=TWO_AND_MORE, data=st.data())
def test_a_leaf_below_zero_cannot_be_written_and_what_stands_for_one_is_refused(
    points: list[int], data: st.DataObject
) -> None:
    with pytest.raises(OverflowError):
        leaf_of(0, -1)
    debt = data.draw(st.integers(1, 10**6))
    wrapped = [leaf_of(0, points[0]), leaf_of(1, 2**64 - debt)]  # -debt as 64 bits
    top = Node(trees.keccak(b"whatever"), max(0, points[0] - debt))
    shown = replace(proof([wrapped, [top]], 0, points[0]))
    assert not holds(shown, root([wrapped, [top]]))
    negative = replace(shown, beside=((shown.beside[0][0], -debt),))
    assert not holds(negative, root([wrapped, [top]]))


def test_sums_that_would_run_over_are_refused() -> None:
    tree = tree_of([MAX_POINTS, 1])
    for number, points in enumerate((MAX_POINTS, 1)):
        with pytest.raises(ProofInvalid, match="more than there can be"):
            check(proof(tree, number, points), root(tree))
    assert check(proof(tree_of([MAX_POINTS - 1, 1]), 1, 1), root(tree_of([MAX_POINTS - 1, 1]))) == MAX_POINTS


def test_neither_padding_nor_an_inner_node_passes_as_a_leaf() -> None:
    tree = tree_of([5, 6, 7])
    assert not holds(replace(proof(tree, 2, 7), position=3), root(tree)), "the padding's place"
    short = replace(proof(tree, 0, 11), position=0, beside=proof(tree, 0, 5).beside[1:])
    assert not holds(short, root(tree)), "the node above the first two"


def test_the_vector_of_the_specification() -> None:
    """docs/points-proof.md, for whoever writes another check."""
    tree = tree_of([57, 1_200, 0])
    assert trees.PADDING.hash.hex() == VECTOR["padding"]
    assert tree[0][0].hash.hex() == VECTOR["leaf"]
    assert (root(tree), root_of(proof(tree, 0, 57))) == (VECTOR["root"], (VECTOR["root"], 1_257))


VECTOR = {
    "padding": "b0806b8d16198777f513be9e84a750a4598b21958d4e6f0268eeec7ebfa143c3",
    "leaf": "0f1fa2773d4ffa7036ce3a953aaa4be54a9d2f9db64784d4bcd77e40d6c10317",
    "root": "0x26a30d3269e88ce8f0f27b4c371d326e27b51676cb577e1aae89908733d0ddc1",
}


def told(shown: Proof) -> dict[str, Any]:
    """The proof as the gateway tells it."""
    return {
        "format": FORMAT,
        "day": shown.day.isoformat(),
        "account": shown.account,
        "salt": shown.salt,
        "points": shown.points,
        "position": shown.position,
        "beside": [{"hash": digest, "points": points} for digest, points in shown.beside],
        "root": "0x" + "00" * 32,
        "total": 10**9,
    }


def test_a_proof_is_read_as_it_is_told_and_its_own_root_is_not_believed() -> None:
    shown = proof(tree_of([57, 1_200, 0]), 0, 57)
    assert read_proof(told(shown)) == shown


@given(
    changed=st.dictionaries(
        st.sampled_from(["format", "day", "account", "salt", "points", "position", "beside"]),
        st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.just([None]) | st.just([{"hash": "0x"}]),
        min_size=1,
    )
)
def test_what_is_no_proof_is_called_so(changed: dict[str, Any]) -> None:
    good = told(proof(tree_of([57, 1_200, 0]), 0, 57))
    with pytest.raises(ProofInvalid):
        check(read_proof(good | changed), root(tree_of([57, 1_200, 0])))


@pytest.mark.parametrize("nothing", [None, [], "proof", 7, {}])
def test_what_is_no_object_is_no_proof(nothing: Any) -> None:
    with pytest.raises(ProofInvalid):
        read_proof(nothing)
