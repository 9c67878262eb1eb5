"""Our own hashes of headers and receipts are those that a real node put into its blocks."""

import pytest

from pswallet.chain.tries import bloom_of, header_hash, receipts_root
from tests.audit.city import City
from tests.parts import Chain, Person


def block(chain: Chain, number: int):
    """A block's header and its receipts."""
    header = chain.rpc.call("eth_getBlockByNumber", [hex(number), False])
    return header, chain.rpc.call("eth_getBlockReceipts", [hex(number)])


def root(receipts) -> str:
    return receipts_root(receipts, [bloom_of(receipt["logs"]) for receipt in receipts])


def test_receipts_with_logs_and_a_reverted_one_hash_to_the_headers_root(city: City):
    city.settle_in(Person("mei"))
    assert city.pay(Person("nobody"), Person("mei").address, 1)["status"] == "0x0"
    for number in range(city.chain.head() + 1):
        header, receipts = block(city.chain, number)
        assert root(receipts) == header["receiptsRoot"]
        assert header_hash(header) == header["hash"]


@pytest.mark.parametrize("transactions", [1, 2, 16, 17, 127, 128, 129, 257])
def test_a_block_of_any_size_hashes_to_its_root(chain: Chain, transactions: int):
    """A place is one byte up to 127, and 0 is written as 0x80: the trie's shape changes there."""
    sender, *_, payee = chain.rpc.call("eth_accounts")
    chain.rpc.call("evm_setAutomine", [False])
    for _ in range(transactions):
        chain.rpc.call("eth_sendTransaction", [{"from": sender, "to": payee, "value": "0x1", "gas": hex(21_000)}])
    chain.mine()
    header, receipts = block(chain, chain.head())
    assert len(receipts) == transactions
    assert root(receipts) == header["receiptsRoot"]


def test_a_changed_receipt_or_header_hashes_to_something_else(city: City):
    city.settle_in(Person("mei"))
    header, receipts = block(city.chain, city.chain.head())
    assert root([{**receipts[0], "logs": receipts[0]["logs"][1:]}]) != header["receiptsRoot"]
    assert root([]) != header["receiptsRoot"]
    for field in ("receiptsRoot", "stateRoot", "parentHash"):
        assert header_hash({**header, field: "0x" + "12" * 32}) != header["hash"]
    assert header_hash({**header, "timestamp": "0x1"}) != header["hash"]
