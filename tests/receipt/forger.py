"""What a forger tries with genuine receipts and all that is public: fields, bytes, parts of others, his own tries."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from pswallet.chain import signing
from pswallet.chain.tries import bloom_of, encoded_header, receipts_root
from pswallet.receipt import Receipt, write
from pswallet.receipt.making import path_of
from tests.parts import Person
from tests.receipt.conftest import Fair
from tests.receipt.street import LI, MEI, OTHER_SHOP, SHOP

GENUINE = ("alone", "in a batch", "last in a batch")
Draw = Callable[[st.SearchStrategy], Any]
Way = Callable[[Draw, Fair, Receipt], Receipt]

ADDRESSES = st.sampled_from([SHOP, OTHER_SHOP, MEI, LI, Person("a stranger")]).map(lambda one: one.address)
NUMBERS = st.one_of(st.integers(0, 12), st.integers(0, 2**63 - 1))
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=32)
ORDER_FIELDS = {"merchant": ADDRESSES, "till": TEXTS, "reference": TEXTS, "amount": NUMBERS, "expiry": NUMBERS}
FIELDS = {
    **{"chain_id": NUMBERS, "token": ADDRESSES, "payer": ADDRESSES, "valid_after": NUMBERS, "valid_before": NUMBERS},
    **{"transaction": NUMBERS, "log": NUMBERS},
}


def flipped(draw: Draw, data: bytes) -> bytes:
    """Other bytes near `data`: one changed, taken out, put in, or the rest cut off."""
    if not data:
        return draw(st.binary(min_size=1, max_size=3))
    place = draw(st.integers(0, len(data) - 1))
    how = draw(st.sampled_from(["change", "drop", "insert", "cut"]))
    if how == "change":
        return data[:place] + bytes([data[place] ^ draw(st.integers(1, 255))]) + data[place + 1 :]
    if how == "drop":
        return data[:place] + data[place + 1 :]
    return data[:place] + draw(st.binary(min_size=1, max_size=3)) + data[place:] if how == "insert" else data[:place]


def _order(draw: Draw, fair: Fair, receipt: Receipt) -> Receipt:
    """Another amount, merchant, till, reference or expiry."""
    name = draw(st.sampled_from(sorted(ORDER_FIELDS)))
    return replace(receipt, order=replace(receipt.order, **{name: draw(ORDER_FIELDS[name])}))


def _field(draw: Draw, fair: Fair, receipt: Receipt) -> Receipt:
    """Another token, chain, payer, validity, transaction or log."""
    name = draw(st.sampled_from(sorted(FIELDS)))
    return replace(receipt, **{name: draw(FIELDS[name])})


def _blob(draw: Draw, fair: Fair, receipt: Receipt) -> Receipt:
    """Another byte of the header or the signature, or another signer's signature."""
    name = draw(st.sampled_from(["header", "signature"]))
    if name == "signature" and draw(st.booleans()):
        return replace(receipt, signature=signing.sign(draw(st.binary(min_size=32, max_size=32)), draw(_KEYS)))
    return replace(receipt, **{name: flipped(draw, getattr(receipt, name))})


_KEYS = st.sampled_from([MEI.key, LI.key, SHOP.key])


def _path(draw: Draw, fair: Fair, receipt: Receipt) -> Receipt:
    """A path that is cut, shuffled, spliced with another transaction's, or changed in a byte."""
    nodes = list(receipt.nodes)
    others = [node for one in fair.receipts.values() for node in one.nodes]
    how = draw(st.sampled_from(["change", "splice", "drop", "add", "shuffle"]))
    place = draw(st.integers(0, len(nodes) - 1))
    if how == "change":
        nodes[place] = flipped(draw, nodes[place])
    elif how == "splice":
        nodes[place] = draw(st.sampled_from(others))
    elif how == "drop":
        del nodes[place]
    elif how == "add":
        nodes.insert(place + 1, draw(st.sampled_from(others)))
    else:
        nodes = draw(st.permutations(nodes))
    return replace(receipt, nodes=tuple(nodes))


def _parts(draw: Draw, fair: Fair, receipt: Receipt) -> Receipt:
    """The order of one, the authorization of a second, the proof of a third; wrong ones among them."""
    names = st.sampled_from(sorted(fair.receipts))
    order, signed, proved = (fair[draw(names)] for _ in range(3))
    return replace(
        receipt,
        **{"order": order.order, "payer": signed.payer, "signature": signed.signature, "header": proved.header},
        **{"transaction": proved.transaction, "log": proved.log, "nodes": proved.nodes},
    )


def _trie(draw: Draw, fair: Fair, receipt: Receipt) -> Receipt:
    """A block of his own: a log changed, moved, dropped or added, the trie built anew, perhaps the header too."""
    told = [{**one, "logs": [dict(log) for log in one["logs"]]} for one in fair.block.receipts]
    logging = [place for place, one in enumerate(told) if one["logs"]]
    transaction = receipt.transaction if receipt.transaction in logging else logging[-1]
    logs = told[transaction]["logs"]
    place = draw(st.integers(0, len(logs) - 1))
    how = draw(st.sampled_from(["data", "address", "topic", "move", "drop", "copy"]))
    if how == "data":
        logs[place]["data"] = "0x" + draw(st.binary(min_size=32, max_size=32)).hex()
    elif how == "address":
        logs[place]["address"] = draw(ADDRESSES).lower()
    elif how == "topic":
        logs[place]["topics"] = [*logs[place]["topics"][:-1], "0x" + draw(st.binary(min_size=32, max_size=32)).hex()]
    elif how == "move":
        logs.insert(draw(st.integers(0, len(logs) - 1)), logs.pop(place))
    elif how == "drop":
        del logs[place]
    else:
        logs.insert(place, logs[place])
    forged = replace(receipt, nodes=path_of(told, transaction))
    if draw(st.booleans()):
        root = receipts_root(told, [bloom_of(one["logs"]) for one in told])
        forged = replace(forged, header=encoded_header({**fair.block.header, "receiptsRoot": root}))
    return forged


WAYS = (_order, _field, _blob, _path, _parts, _trie)


def _funded_order(draw: Draw, fair: Fair, receipt: Receipt) -> Receipt:
    """Another payer, merchant, till, reference, amount, expiry, own money, or parts."""
    name = draw(st.sampled_from(["payer", "own", "parts", *sorted(ORDER_FIELDS)]))
    if name == "parts":
        return replace(receipt, order=replace(receipt.order, parts=_other_parts(draw, receipt)))
    kind = ADDRESSES if name == "payer" else NUMBERS if name == "own" else ORDER_FIELDS[name]
    return replace(receipt, order=replace(receipt.order, **{name: draw(kind)}))


def _other_parts(draw: Draw, receipt: Receipt) -> tuple[Any, ...]:
    """Parts in another order, one twice or none, or one with another funder, budget, value or minimum."""
    parts = list(receipt.order.parts)
    how = draw(st.sampled_from(["reverse", "twice", "drop", "funder", "budget", "value", "minimum_spend"]))
    if how in ("reverse", "twice", "drop") or not parts:
        return tuple({"reverse": parts[::-1], "twice": parts + parts[:1]}.get(how, parts[1:]))
    place = draw(st.integers(0, len(parts) - 1))
    words = st.binary(min_size=32, max_size=32).map(lambda word: "0x" + word.hex())
    kind = {"funder": ADDRESSES, "budget": words}.get(how, NUMBERS)
    parts[place] = replace(parts[place], **{how: draw(kind)})
    return tuple(parts)


def _funded_field(draw: Draw, fair: Fair, receipt: Receipt) -> Receipt:
    """Another token, checkout, chain, payer, transaction or log."""
    name = draw(st.sampled_from(["chain_id", "token", "checkout", "payer", "transaction", "log"]))
    return replace(receipt, **{name: draw(FIELDS.get(name, ADDRESSES))})


FUNDED = ("helped", "given", "with a voucher")
FUNDED_WAYS = (_funded_order, _funded_field, _blob, _path, _parts, _trie)


@st.composite
def forged_receipts(draw: Draw, fair: Fair, names: Sequence[str] = GENUINE, ways: Sequence[Way] = WAYS) -> Receipt:
    """A genuine receipt, changed in one or two ways."""
    receipt = fair[draw(st.sampled_from(names))]
    for way in draw(st.lists(st.sampled_from(ways), min_size=1, max_size=2)):
        if receipt.nodes:
            receipt = way(draw, fair, receipt)
    return receipt


@st.composite
def forged_files(draw: Draw, fair: Fair, names: Sequence[str] = GENUINE) -> bytes:
    """A genuine file with other bytes, or the beginning of one and the end of another."""
    one, other = (write(fair[draw(st.sampled_from(names))]) for _ in range(2))
    if draw(st.booleans()):
        return flipped(draw, one)
    return one[: draw(st.integers(0, len(one)))] + other[draw(st.integers(0, len(other))) :]
