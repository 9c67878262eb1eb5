"""The JSON-RPC client: batches, errors, revert data, a node that is away; and transactions signed by hand."""

from typing import TypedDict

import pytest
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st

from pswallet.chain.abi import artifact
from pswallet.chain.hashing import checksum, keccak
from pswallet.chain.reverts import INHERITED, UNEXPLAINED, error_name
from pswallet.chain.rpc import Rpc, RpcError, RpcUnavailable
from pswallet.chain.transactions import Draft, Fee, created_address, repriced, sign_transaction
from tests.parts import Person, secret

DRAFTS = st.builds(
    Draft,
    chain_id=st.integers(1, 2**40),
    nonce=st.integers(0, 2**40),
    to=st.one_of(st.none(), st.binary(min_size=20, max_size=20).map(checksum)),
    data=st.binary(max_size=300),
    gas=st.integers(21_000, 2**24),
    fee=st.builds(Fee, most=st.integers(1, 2**60), tip=st.one_of(st.none(), st.integers(0, 2**60))),
)


@settings(max_examples=60, deadline=None)
@given(draft=DRAFTS)
def test_a_transaction_is_signed_as_eth_account_signs_it(draft):
    fields = {
        "chainId": draft.chain_id,
        "nonce": draft.nonce,
        "data": draft.data,
        "gas": draft.gas,
        "value": 0,
        **({"to": draft.to} if draft.to else {}),
        **(
            {"gasPrice": draft.fee.most}
            if draft.fee.tip is None
            else {"maxFeePerGas": draft.fee.most, "maxPriorityFeePerGas": draft.fee.tip, "type": 2}
        ),
    }
    theirs = Account.sign_transaction(fields, secret("sender"))
    ours = sign_transaction(draft, secret("sender"))
    assert ours.raw == bytes(theirs.raw_transaction)
    assert ours.hash == "0x" + bytes(theirs.hash).hex()


@settings(max_examples=40, deadline=None)
@given(draft=DRAFTS, raised=st.integers(1, 2**61))
def test_a_repriced_transaction_differs_in_its_fee_alone(draft, raised):
    fee = Fee(raised, None if draft.fee.tip is None else raised)
    again = repriced(sign_transaction(draft, secret("sender")).raw, fee, secret("sender"))
    wanted = Draft(draft.chain_id, draft.nonce, draft.to, draft.data, draft.gas, fee)
    assert again == sign_transaction(wanted, secret("sender"))


@given(most=st.integers(1, 2**60), tip=st.one_of(st.none(), st.integers(0, 2**60)))
def test_a_raised_fee_is_higher_by_the_asked_part_at_least(most, tip):
    raised = Fee(most, tip).raised(13)
    assert raised.most * 100 >= most * 113
    assert raised.most > most
    if tip is not None:
        assert raised.tip * 100 >= tip * 113
        assert raised.tip > tip


@pytest.mark.parametrize(
    ("nonce", "address"),
    [(0, "0xcd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"), (1, "0x343c43a37d37dff08ae8c4a11544c718abb4fcf8")],
)
def test_a_created_contract_is_where_the_yellow_paper_puts_it(nonce, address):
    assert created_address("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0", nonce).lower() == address


def test_answers_of_a_batch_keep_the_order_of_the_calls(chain):
    numbers = [chain.head(), 0, 1]
    answers = chain.rpc.batch([("eth_getBlockByNumber", [hex(number), False]) for number in numbers])
    assert [int(answer["number"], 16) for answer in answers] == numbers


def test_one_failed_call_of_a_batch_fails_alone(chain):
    good, bad = chain.rpc.batch([("eth_chainId", []), ("eth_noSuchMethod", [])])
    assert int(good, 16) == chain.deployment.chain_id
    assert isinstance(bad, RpcError)
    assert bad.code == -32601


class Stamp(TypedDict):
    """Two of a block's fields."""

    number: str
    timestamp: str


def test_a_reading_brings_the_named_fields_and_no_other(chain):
    block = chain.rpc.call("eth_getBlockByNumber", ["0x1", False])
    stamp = chain.rpc.read(Stamp, "eth_getBlockByNumber", ["0x1", False])
    assert stamp == {"number": "0x1", "timestamp": block["timestamp"]}


def test_a_reading_that_the_node_refuses_says_why(chain):
    with pytest.raises(RpcError) as caught:
        chain.rpc.read(Stamp, "eth_noSuchMethod", [])
    assert caught.value.code == -32601


@pytest.mark.parametrize(("method", "params"), [("eth_chainId", []), ("eth_getBlockByNumber", ["0xffffff", False])])
def test_a_reading_of_another_kind_or_of_nothing_is_no_answer(chain, method: str, params: list[object]):
    with pytest.raises(RpcUnavailable):
        chain.rpc.read(Stamp, method, params)


def test_a_batch_beyond_what_a_node_takes_at_once_goes_out_in_several_requests(chain):
    """Anvil closes the connection at a body of 2 MB."""
    words = ["0x" + f"{place:02x}" * 250_000 for place in range(8)]
    answers = chain.rpc.batch([("web3_sha3", [word]) for word in words])
    assert answers == ["0x" + keccak(bytes.fromhex(word[2:])).hex() for word in words]


def test_an_empty_batch_asks_nothing():
    assert Rpc("http://127.0.0.1:9").batch([]) == []


def test_a_node_that_is_away_is_named():
    with Rpc("http://127.0.0.1:9", attempts=1) as rpc, pytest.raises(RpcUnavailable):
        rpc.call("eth_chainId")


def test_a_node_that_speaks_nonsense_is_named(tmp_path):
    import http.server
    import threading

    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with Rpc(f"http://127.0.0.1:{server.server_port}") as rpc, pytest.raises(RpcUnavailable):
            rpc.call("eth_chainId")
    finally:
        server.shutdown()
        server.server_close()


def test_a_revert_brings_its_data(chain):
    data = artifact("Stablecoin").call("transfer", Person("bob").address, 5)
    request = {"from": Person("ann").address, "to": chain.deployment.stablecoin, "data": "0x" + data.hex()}
    with pytest.raises(RpcError) as caught:
        chain.rpc.call("eth_call", [request, "latest"])
    assert error_name(caught.value.revert_data) == "AccountNotRegistered"


def test_every_inherited_error_that_is_mapped_is_known_to_some_contract():
    known = {entry.get("name") for name in ("Stablecoin", "AccessManager") for entry in artifact(name).abi}
    assert set(INHERITED) <= known


def test_a_revert_that_says_nothing_is_unexplained():
    assert {error_name(data) for data in (None, b"", "0x", b"\x01\x02\x03\x04", "0x08c379a0")} == {UNEXPLAINED}


def test_a_bare_selector_names_its_error():
    from pswallet.chain.hashing import selector

    assert error_name("0x" + selector("NotAGuest(address)").hex()) == "NotAGuest"
