"""Each decoder, and each encoder by hand, gives what the generic ABI library gives."""

from datetime import UTC, datetime

import pytest
from eth_abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st

from pswallet.chain import calldata, logs
from pswallet.chain.abi import artifact, call_data, type_of
from pswallet.chain.events import SIGNATURES, TOPICS, Event
from pswallet.chain.funded import Budget, Campaign, FundedOrder
from pswallet.chain.hashing import checksum
from pswallet.chain.terms import Terms

WHEN = datetime(2026, 2, 17, tzinfo=UTC)
ADDRESS = st.binary(min_size=20, max_size=20).map(checksum)


def abi_of(kind: type[Event]) -> dict:
    for contract in ("Stablecoin", "RedPacketEscrow", "Batch", "MerchantCheckout", "CityVoucher", "Anchor"):
        for entry in artifact(contract).abi:
            if entry["type"] == "event" and entry["name"] == kind.__name__:
                return entry
    raise AssertionError(f"no contract emits {kind.__name__}")


@st.composite
def values(draw, parameter: dict):
    kind = parameter["type"]
    if kind.endswith("[]"):
        return tuple(draw(st.lists(values(parameter | {"type": kind[:-2]}), max_size=3)))
    if kind == "tuple":
        return tuple(draw(values(part)) for part in parameter["components"])
    if kind == "address":
        return draw(ADDRESS)
    if kind == "bool":
        return draw(st.booleans())
    if kind.startswith("uint"):
        return draw(st.integers(0, 2 ** int(kind[4:]) - 1))
    if kind == "bytes":
        return draw(st.binary(max_size=100))
    return draw(st.binary(min_size=int(kind[5:]), max_size=int(kind[5:])))


@pytest.mark.parametrize("kind", SIGNATURES, ids=lambda kind: kind.__name__)
def test_the_signature_is_the_abis(kind):
    entry = abi_of(kind)
    assert SIGNATURES[kind] == f"{entry['name']}({','.join(type_of(each) for each in entry['inputs'])})"


def plain(value):
    """What our dataclasses hold for an ABI value."""
    return "0x" + value.hex() if isinstance(value, bytes) else value


@pytest.mark.parametrize("kind", SIGNATURES, ids=lambda kind: kind.__name__)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_a_log_is_decoded_as_the_abi_says(kind, data):
    entry = abi_of(kind)
    drawn = [data.draw(values(each)) for each in entry["inputs"]]
    indexed = [(each, value) for each, value in zip(entry["inputs"], drawn, strict=True) if each["indexed"]]
    rest = [(each, value) for each, value in zip(entry["inputs"], drawn, strict=True) if not each["indexed"]]
    log = {
        "address": "0x" + "22" * 20,
        "topics": [TOPICS[kind], *("0x" + encode([type_of(each)], [value]).hex() for each, value in indexed)],
        "data": "0x" + encode([type_of(each) for each, _ in rest], [value for _, value in rest]).hex(),
        "blockNumber": "0x10",
        "logIndex": "0x3",
        "transactionHash": "0x" + "33" * 32,
    }
    event = logs.decode(log, WHEN)
    assert type(event) is kind
    assert (event.block, event.log_index, event.block_time) == (16, 3, WHEN)
    own = [getattr(event, name) for name in kind.__dataclass_fields__ if name not in Event.__dataclass_fields__]
    assert flattened(own) == flattened(drawn)


def flattened(found) -> list:
    flat = []
    for value in found:
        if isinstance(value, Terms):
            flat.extend(flattened(value.message().values()))
        elif isinstance(value, FundedOrder):
            flat.extend(flattened([value.terms(), *value.given()]))
        elif isinstance(value, Budget | Campaign):
            flat.extend(flattened(value.terms()))
        elif isinstance(value, tuple):
            flat.extend(flattened(value))
        else:
            flat.append(plain(value))
    return flat


def test_an_unknown_log_is_passed_over():
    log = {"topics": ["0x" + "44" * 32], "data": "0x", "address": "0x" + "22" * 20}
    assert logs.decode(log, WHEN) is None
    assert logs.decode({**log, "topics": []}, WHEN) is None


# --- calldata ---


TERMS = st.builds(
    Terms,
    creator=ADDRESS,
    total=st.integers(0, 2**64 - 1),
    shares=st.integers(0, 2**16 - 1),
    expiry=st.integers(0, 2**64 - 1),
    max_share=st.integers(0, 2**64 - 1),
    lucky=st.booleans(),
    guests=st.binary(min_size=32, max_size=32).map(lambda raw: "0x" + raw.hex()),
    claim_key=ADDRESS,
    dealer=ADDRESS,
    draw_commitment=st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex()),
    salt=st.binary(min_size=32, max_size=32).map(lambda raw: "0x" + raw.hex()),
)
CLAIM = st.builds(calldata.Claim, account=ADDRESS, index=st.integers(0, 2**256 - 1), evidence=st.binary(max_size=200))
PACKETS = st.builds(
    calldata.PacketClaims,
    terms=TERMS,
    first_position=st.integers(0, 2**256 - 1),
    claims=st.lists(CLAIM, max_size=4),
    links=st.lists(st.binary(min_size=20, max_size=20), max_size=4),
    dealer_signature=st.binary(max_size=70),
)


def raw_terms(terms: Terms) -> tuple:
    return tuple(
        bytes.fromhex(value[2:]) if isinstance(value, str) and len(value) != 42 else value
        for value in terms.message().values()
    )


def abi_terms(terms: Terms) -> tuple:
    values = list(raw_terms(terms))
    values[9] = bytes.fromhex(terms.draw_commitment[2:])  # 20 bytes, as long as an address
    return tuple(values)


@settings(max_examples=40, deadline=None)
@given(packets=st.lists(PACKETS, max_size=3))
def test_claim_many_is_encoded_as_the_abi_says(packets):
    groups = [
        (
            abi_terms(group.terms),
            group.first_position,
            [(claim.account, claim.index, claim.evidence) for claim in group.claims],
            list(group.links),
            group.dealer_signature,
        )
        for group in packets
    ]
    assert calldata.claim_many(packets) == artifact("RedPacketEscrow").call("claimMany", groups)


@settings(max_examples=40, deadline=None)
@given(
    calls=st.lists(
        st.builds(calldata.BatchCall, target=ADDRESS, gas_cap=st.integers(0, 2**96 - 1), data=st.binary(max_size=99))
    )
)
def test_execute_is_encoded_as_the_abi_says(calls):
    plain_calls = [(one.target, one.gas_cap, one.data) for one in calls]
    assert calldata.execute(calls) == artifact("Batch").call("execute", plain_calls)


@settings(max_examples=30, deadline=None)
@given(
    terms=TERMS, account=ADDRESS, times=st.tuples(*[st.integers(0, 2**256 - 1)] * 2), signature=st.binary(max_size=99)
)
def test_the_packets_calls_are_encoded_as_the_abi_says(terms, account, times, signature):
    escrow, words = artifact("RedPacketEscrow"), abi_terms(terms)
    assert calldata.create_packet(terms, *times, signature) == escrow.call("create", words, (*times, signature))
    assert calldata.refund_packet(terms) == escrow.call("refund", words)
    assert calldata.collect_share(terms, account) == escrow.call("collect", words, account)


@settings(max_examples=30, deadline=None)
@given(
    parties=st.tuples(ADDRESS, ADDRESS),
    numbers=st.tuples(*[st.integers(0, 2**256 - 1)] * 3),
    nonce=st.binary(min_size=32, max_size=32),
    signature=st.one_of(st.binary(min_size=65, max_size=65), st.binary(max_size=200)),
    erc1271=st.booleans(),
)
def test_a_payment_is_encoded_as_the_abi_says(parties, numbers, nonce, signature, erc1271):
    names = ("from", "to", "value", "validAfter", "validBefore")
    arguments = dict(zip(names, (*parties, *numbers), strict=True))
    arguments |= {"nonce": "0x" + nonce.hex(), "signature": "0x" + signature.hex(), "erc1271": erc1271}
    head = "address,address,uint256,uint256,uint256,bytes32"
    if len(signature) == 65 and not erc1271:
        ending, tail = "uint8,bytes32,bytes32", [signature[64], signature[:32], signature[32:64]]
    else:
        ending, tail = "bytes", [signature]
    wanted = call_data("Stablecoin", f"transferWithAuthorization({head},{ending})", [*parties, *numbers, nonce, *tail])
    assert calldata.transfer_with_authorization(arguments) == wanted


@settings(max_examples=30, deadline=None)
@given(
    accounts=st.lists(ADDRESS, max_size=4),
    tier=st.integers(0, 255),
    value=st.integers(0, 2**64 - 1),
    entry=st.binary(min_size=32, max_size=32),
)
def test_role_acts_are_encoded_as_the_abi_says(accounts, tier, value, entry):
    token = artifact("Stablecoin")
    assert calldata.set_tiers([(a, tier) for a in accounts]) == token.call("setTiers", [(a, tier) for a in accounts])
    assert calldata.freeze(accounts) == token.call("freeze", accounts)
    assert calldata.unfreeze(accounts) == token.call("unfreeze", accounts)
    mints = [(account, value, "0x" + entry.hex()) for account in accounts]
    assert calldata.mint_many(mints) == token.call("mintMany", [(a, value, entry) for a in accounts])
    assert calldata.attest_reserve(value) == token.call("attestReserve", value)
