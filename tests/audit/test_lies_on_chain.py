"""Each lie that a chain, its code or its client can tell is named, with its transaction and block."""

import dataclasses

import pytest

from pswallet import audit
from pswallet.audit import Report
from pswallet.chain.abi import artifact
from tests.audit import forge
from tests.audit.city import City
from tests.audit.liar import Refused, hiding, lying
from tests.parts import DAY_S, Person

XIAO_PING, A_LIANG, MEI, GUEST = Person("xiao ping"), Person("a liang"), Person("mei"), Person("guest")


def place(receipt) -> tuple[int, str]:
    return int(receipt["blockNumber"], 16), receipt["transactionHash"]


def found(report: Report, check: str) -> list[tuple[int | None, str | None]]:
    return [(one.block, one.transaction) for one in report.differences() if one.check == check]


@pytest.fixture
def lively(city: City) -> City:
    """A city with some past, in which nothing is wrong."""
    city.settle_in(XIAO_PING, A_LIANG, MEI)
    city.pay(XIAO_PING, A_LIANG.address, 300)
    packet = city.open(A_LIANG, (XIAO_PING, MEI), total=900)
    city.claim(packet, MEI, XIAO_PING)
    assert city.audit().ok
    return city


def test_a_payment_kept_back_from_the_logs_is_named(lively: City):
    receipt = lively.pay(MEI, A_LIANG.address, 111)
    lively.pay(A_LIANG, MEI.address, 5)
    with lying(lively.chain.rpc.url, hiding(receipt["transactionHash"], 0)) as url:
        report = lively.audit(url)
    assert found(report, "logs") == [place(receipt)]
    assert lively.audit().ok


def test_one_of_two_like_payments_kept_back_from_a_batch_is_named(lively: City):
    """Neither the bloom nor a gap betrays it: the second says nothing that the first did not."""
    receipt = twice(lively)
    with lying(lively.chain.rpc.url, hiding(receipt["transactionHash"], 3)) as url:
        report = lively.audit(url)
    assert place(receipt) in found(report, "logs")
    assert place(receipt) in found(report, "accounts")
    assert lively.audit().ok


def twice(city: City):
    """Two payments of MEI to A_LIANG in one transaction, told by the same topics but their nonces."""
    from pswallet.chain import calldata

    calls = []
    for number in (1, 2):
        payment = MEI.payment(city.chain.deployment, A_LIANG.address, 7, nonce=bytes(31) + bytes([number]))
        data = calldata.transfer_with_authorization(payment.arguments)
        calls.append(calldata.BatchCall(city.chain.deployment.stablecoin, 200_000, data))
    return city.chain.transact(Person("stranger").key, city.chain.deployment.batch, calldata.execute(calls))


def test_a_log_kept_back_from_logs_and_receipts_is_noticed_by_the_state(lively: City):
    receipt = lively.pay(MEI, A_LIANG.address, 111)
    with lying(lively.chain.rpc.url, hiding(receipt["transactionHash"], 0, everywhere=True)) as url:
        report = lively.audit(url)
    assert place(receipt) in found(report, "accounts")


def money_that_came_and_went(city: City) -> list[tuple[int, str]]:
    """A freeze and its end, a mint and its redemption, a payment a day later: at the head no state tells of them."""
    chain, keys = city.chain, city.chain.keys
    receipts = [
        chain.token(keys.compliance, "freeze", [MEI.address]),
        chain.token(keys.compliance, "unfreeze", [MEI.address]),
        chain.token(keys.minter, "mintMany", [(MEI.address, 5_000, b"\x77" * 32)]),
        city.redeem(MEI, 5_000),
    ]
    assert [receipt["status"] for receipt in receipts] == ["0x1"] * 4
    chain.move_time(DAY_S)
    city.pay(MEI, A_LIANG.address, 5)
    assert city.audit().ok
    return [place(receipt) for receipt in receipts]


def without(hidden: list[tuple[int, str]], *, thorough: bool = False):
    """Hide transactions' logs everywhere; `thorough`: make the receipts' and headers' blooms fit, too."""
    blocks, transactions = {hex(block) for block, _ in hidden}, {transaction for _, transaction in hidden}
    nothing = {"logsBloom": "0x" + "00" * 256} if thorough else {}

    def lie(request, result):
        if request["method"] == "eth_getLogs":
            return [log for log in result if log["transactionHash"] not in transactions]
        if request["method"] == "eth_getBlockReceipts":
            return [{**one, "logs": [], **nothing} if one["transactionHash"] in transactions else one for one in result]
        if request["method"] == "eth_getBlockByNumber" and result["number"] in blocks:
            return {**result, **nothing}
        return result

    return lie


def test_money_that_came_and_went_cannot_be_kept_back_from_the_receipts_either(lively: City):
    hidden = money_that_came_and_went(lively)
    with lying(lively.chain.rpc.url, without(hidden)) as url:
        report = lively.audit(url)
    assert found(report, "logs") == hidden
    assert {one.check for one in report.differences()} == {"logs"}


def test_a_header_whose_bloom_was_emptied_too_is_named(lively: City):
    hidden = money_that_came_and_went(lively)
    with lying(lively.chain.rpc.url, without(hidden, thorough=True)) as url:
        report = lively.audit(url)
    assert found(report, "logs") == [(hidden[0][0], None)]


def test_logs_told_in_another_order_are_named(lively: City):
    """The receipts' root holds what is said, the positions where: what stands before what is evidence."""
    receipt = lively.pay_signed(MEI, A_LIANG.address, 12)
    swapped = {"0x0": "0x1", "0x1": "0x0"}

    def lie(request, result):
        if request["method"] == "eth_getLogs":
            return [log for log in result if log["transactionHash"] != receipt["transactionHash"]]
        if request["method"] == "eth_getBlockReceipts":
            turned = [[{**log, "logIndex": swapped[log["logIndex"]]} for log in one["logs"]] for one in result]
            return [{**one, "logs": logs} for one, logs in zip(result, turned, strict=True)]
        return result

    with lying(lively.chain.rpc.url, lie) as url:
        report = lively.audit(url)
    messages = [one.message for one in report.differences()]
    assert f"log 0 of the block stands at 1 of {receipt['transactionHash']}" in messages


def test_a_receipt_of_another_transaction_is_named(lively: City):
    receipt = lively.pay(MEI, A_LIANG.address, 111)

    def lie(request, result):
        if request["method"] == "eth_getLogs":
            return [log for log in result if log["transactionHash"] != receipt["transactionHash"]]
        if request["method"] == "eth_getBlockReceipts":
            return [{**one, "transactionHash": "0x" + "12" * 32} for one in result]
        return result

    with lying(lively.chain.rpc.url, lie) as url:
        messages = [one.message for one in lively.audit(url).differences()]
    assert "the receipts are not those of the block's transactions" in messages


def test_a_block_in_anothers_place_is_named(lively: City):
    lively.chain.mine(3)
    head = lively.chain.head()
    other = lively.chain.rpc.call("eth_getBlockByNumber", [hex(head - 1), False])

    def lie(request, result):
        of_it = request["method"] == "eth_getBlockByNumber" and request["params"][0] == hex(head - 2)
        return other if of_it else result

    with lying(lively.chain.rpc.url, lie) as url:
        messages = [one.message for one in lively.audit(url).differences()]
    assert f"asked for block {head - 2}, the node gave block {head - 1:#x}" in messages
    assert f"block {head - 2} does not follow the block before it" in messages


def test_an_invented_log_is_named(lively: City):
    receipt = lively.pay(MEI, A_LIANG.address, 111)

    def lie(request, result):
        if request["method"] != "eth_getLogs":
            return result
        return [
            {**log, "data": f"0x{999:064x}"} if log["transactionHash"] == place(receipt)[1] else log for log in result
        ]

    with lying(lively.chain.rpc.url, lie) as url:
        report = lively.audit(url)
    assert place(receipt) in found(report, "accounts")


def test_a_forged_share_is_named(lively: City):
    packet = lively.open(XIAO_PING, (A_LIANG, MEI, XIAO_PING), total=9_000)
    lively.claim(packet, A_LIANG)
    assert lively.audit().ok
    with forge.escrow_lies(lively):
        receipt = lively.claim(packet, MEI, first=1)
    report = lively.audit()
    assert found(report, "draws") == [place(receipt)]
    assert found(report, "escrow") == []  # money and event agree: only the draw betrays it


def test_a_bank_entry_minted_twice_is_named(lively: City):
    keys, chain, entry = lively.chain.keys, lively.chain, b"\x07" * 32
    chain.token(keys.minter, "mintMany", [(MEI.address, 1_000, entry)])
    assert lively.audit().ok
    forge.forget_entry(lively, entry)
    receipt = chain.token(keys.minter, "mintMany", [(MEI.address, 1_000, entry)])
    assert receipt["status"] == "0x1"
    report = lively.audit()
    assert found(report, "mints") == [place(receipt)]


def test_money_that_appeared_without_a_transaction_is_named_with_its_block(lively: City):
    forge.slip_in(lively, MEI.address, 1)
    report = lively.audit()
    assert [one.message for one in report.differences() if one.check == "accounts"] != []
    assert MEI.address.lower() in next(one.message for one in report.differences() if one.check == "accounts")


def test_a_broken_daily_limit_is_named(lively: City):
    lively.settle_in(GUEST, fen=100_000, tier=1)
    lively.pay(GUEST, MEI.address, 50_000)
    lively.pay(GUEST, MEI.address, 50_000)
    assert lively.audit().ok  # exactly the limit
    forge.forget_spending(lively, GUEST.address)
    lively.chain.fund(GUEST, fen=1_000)
    receipt = lively.pay(GUEST, MEI.address, 1)
    assert receipt["status"] == "0x1"
    report = lively.audit()
    assert set(found(report, "limits")) == {place(receipt)}  # the day's limit and the life's
    assert found(report, "accounts")  # what it spent is not what the token believes


def test_a_packet_refunded_early_is_named(lively: City):
    packet = lively.open(XIAO_PING, (A_LIANG,), total=100, lucky=False)
    with forge.escrow_lies(lively):
        receipt = lively.refund(packet)
    assert found(lively.audit(), "refunds") == [place(receipt)]


def test_other_code_at_a_contracts_address_is_named(lively: City):
    lively.chain.rpc.call("anvil_setCode", [lively.chain.deployment.batch, "0x00"])
    assert lively.audit().checks[0].found == 1


def test_another_chain_is_named_and_not_an_error(lively: City):
    """Its contracts are elsewhere: nothing that is asked there answers."""
    elsewhere = dataclasses.replace(
        lively.chain.deployment, chain_id=1, stablecoin="0x" + "11" * 20, escrow="0x" + "22" * 20
    )
    report = audit.run(lively.chain.rpc.url, elsewhere)
    messages = [one.message for one in report.differences()]
    assert any("this is the chain 31337" in message for message in messages)
    assert any("is not the published ERC1967Proxy" in message for message in messages)


def test_a_node_that_gives_few_logs_at_a_time_is_audited(lively: City):
    def lie(request, result):
        if request["method"] == "eth_getLogs" and len({log["blockNumber"] for log in result}) > 2:
            raise Refused("query returned more than 10000 results")
        return result

    with lying(lively.chain.rpc.url, lie) as url:
        assert lively.audit(url).ok


def test_a_node_without_block_receipts_is_audited(lively: City):
    """Then each transaction's receipt is asked for."""
    receipt = lively.pay(MEI, A_LIANG.address, 111)

    def lie(request, result):
        if request["method"] == "eth_getBlockReceipts":
            raise Refused("the method eth_getBlockReceipts does not exist")
        return hiding(receipt["transactionHash"], 0)(request, result)

    with lying(lively.chain.rpc.url, lie) as url:
        assert found(lively.audit(url), "logs") == [place(receipt)]


STATE_OF = {"eth_call": 1, "eth_getCode": 1, "eth_getBalance": 1, "eth_getStorageAt": 2}
"""The methods that read a state, and where each names its block."""


def forgetful(head: int):
    """A node that holds the state of its head alone, as most do, and Anvil after a restart."""

    def lie(request, result):
        at = STATE_OF.get(request["method"])
        if at is not None and request["params"][at] not in (hex(head), "latest"):
            raise Refused("missing trie node")
        return result

    return lie


def test_a_node_that_forgets_old_states_is_audited(lively: City):
    lively.chain.mine(3)
    with lying(lively.chain.rpc.url, forgetful(lively.chain.head())) as url:
        assert [one.message for one in lively.audit(url).differences()] == []


def test_a_node_that_forgets_old_states_names_a_difference_at_its_head(lively: City):
    """It cannot be asked where a difference began; the difference is named all the same."""
    forge.slip_in(lively, MEI.address, 1)
    lively.chain.mine(3)
    head = lively.chain.head()
    with lying(lively.chain.rpc.url, forgetful(head)) as url:
        assert found(lively.audit(url), "accounts") == [(head, None)]
    assert found(lively.audit(), "accounts")[0][0] == head - 3


@pytest.mark.parametrize("forgets", [False, True])
def test_an_upgrade_to_unpublished_code_is_named(lively: City, forgets: bool):
    chain = lively.chain
    receipt = upgraded(lively, runtime=b"\x60\x00")
    lively.chain.mine()
    with lying(chain.rpc.url, forgetful(chain.head()) if forgets else lambda _, result: result) as url:
        report = lively.audit(url)
    assert place(receipt) in found(report, "code")


@pytest.mark.parametrize("forgets", [False, True])
def test_an_upgrade_to_the_published_code_at_another_address_is_none_to_unpublished(lively: City, forgets: bool):
    chain = lively.chain
    upgraded(lively, runtime=None)
    lively.chain.mine()
    with lying(chain.rpc.url, forgetful(chain.head()) if forgets else lambda _, result: result) as url:
        messages = [one.message for one in lively.audit(url).differences() if one.check == "code"]
    assert not [message for message in messages if "was upgraded to" in message]


def upgraded(city: City, *, runtime: bytes | None):
    """Announce and carry out an upgrade, to our own code at another address unless `runtime` is given."""
    receipt = forge.upgrade(city, artifact("Stablecoin").creation())
    if runtime is not None:  # Anvil alone can change what stands at an address: then it is what stood there, too
        created = city.chain.rpc.call("eth_getStorageAt", [city.chain.deployment.stablecoin, forge.CODE_SLOT, "latest"])
        city.chain.rpc.call("anvil_setCode", ["0x" + created[-40:], "0x" + runtime.hex()])
    return receipt
