"""A funded order's receipt: the checkout says that all of it was paid, and the hash holds every part."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pswallet.chain import signing
from pswallet.chain.abi import artifact
from pswallet.chain.deploy import Deployment
from pswallet.chain.funded import Budget, FundedOrder, Part, budget_id, funded_order_id
from pswallet.chain.keys import Keys
from pswallet.chain.rpc import Rpc
from pswallet.local.processes import Child
from pswallet.receipt import (
    Added,
    Receipt,
    ReceiptInvalid,
    Short,
    build,
    code_of,
    confirm,
    errors,
    read,
    read_short,
    shortened,
    slip_of,
    verify,
    verify_by_node,
    words,
    write,
    write_short,
)
from tests.parts import Chain, Person
from tests.receipt import street
from tests.receipt.forger import flipped
from tests.receipt.street import CARRIER, LI, MEI, SHOP

DISTRICT, OFFERS = Person("a district that helps"), Person("offers of a platform")
HELP = 1_000


@dataclass(frozen=True)
class Sale:
    """A funded order that was paid on a chain, with all that a receipt of it needs."""

    token: signing.Domain
    checkout: signing.Domain
    order: FundedOrder
    signature: bytes
    transaction: str
    receipt: Receipt
    block_hash: bytes


class Stall:
    """A shop whose orders a district helps to pay."""

    def __init__(self, chain: Chain) -> None:
        self.chain, deployment = chain, chain.deployment
        self.token, self.checkout = signing.token_domain(deployment), signing.checkout_domain(deployment)
        street.settle_in(chain, MEI, LI)
        chain.register(DISTRICT, tier=6)
        chain.fund(DISTRICT, fen=1_000_000)
        chain.token(DISTRICT.key, "approve", deployment.checkout, 2**255)
        self.budget = Budget(DISTRICT.address, OFFERS.address, 500_000, chain.now() + 10**6, "0x" + "07" * 32)
        signature = signing.sign(signing.digest(self.checkout, signing.BUDGET, self.budget.message()), DISTRICT.key)
        self.transact("openBudget", self.budget.terms(), signature)

    def transact(self, function: str, *arguments: object) -> str:
        data = artifact("MerchantCheckout").call(function, *arguments)
        receipt = self.chain.transact(CARRIER, self.chain.deployment.checkout, data)
        assert receipt["status"] == "0x1"
        return receipt["transactionHash"]

    def sell(self, reference: str, *, own: int) -> Sale:
        part = Part(DISTRICT.address, budget_id(self.checkout, self.budget), HELP, 0)
        expiry = self.chain.now() + 1_000
        order = FundedOrder(MEI.address, SHOP.address, "T01", reference, own, own + HELP, expiry, (part,))
        identity = funded_order_id(self.checkout, order)
        message = {
            **{"from": MEI.address, "to": self.checkout.verifying_contract, "value": own, "nonce": identity},
            **{"validAfter": 0, "validBefore": expiry},
        }
        payment = signing.digest(self.token, signing.RECEIVE_WITH_AUTHORIZATION, message)
        signature = signing.sign(payment if own else bytes.fromhex(identity[2:]), MEI.key)
        sponsored = {"order": identity, "budget": part.budget}
        sponsorship = signing.sign(signing.digest(self.checkout, signing.SPONSORSHIP, sponsored), OFFERS.key)
        transaction = self.transact("pay", order.terms(), order.given(), signature, [sponsorship], [])
        receipt = build(
            self.chain.rpc, self.token, order,
            payer=MEI.address, signature=signature, transaction=transaction, checkout=self.checkout,
        )  # fmt: skip
        block_hash = street.block_of(self.chain, transaction).hash
        return Sale(self.token, self.checkout, order, signature, transaction, receipt, block_hash)


@pytest.fixture(scope="session")
def sales(anvil_process: tuple[Child, str], deployed: Deployment, keys: Keys) -> dict[str, Sale]:
    """A sale to which the payer adds money, and one that others pay whole; the chain is as before afterwards."""
    with Rpc(anvil_process[1]) as rpc:
        before = rpc.call("evm_snapshot")
        stall = Stall(Chain(rpc=rpc, deployment=deployed, keys=keys))
        found = {"helped": stall.sell("F-1", own=2_880), "given": stall.sell("F-2", own=0)}
        assert rpc.call("evm_revert", [before])
    return found


def verified(sale: Sale, receipt: Receipt | None = None):
    return verify(receipt or sale.receipt, sale.token, sale.block_hash, sale.checkout)


@pytest.mark.parametrize("name", ["helped", "given"])
def test_a_funded_receipt_says_what_was_paid_and_how_much_of_it_by_the_payer(sales: dict[str, Sale], name: str):
    sale = sales[name]
    payment = verified(sale, read(write(sale.receipt)))
    assert (payment.order, payment.payer, payment.signer) == (sale.order, MEI.address, "key")
    own = "¥28.80" if name == "helped" else "¥0.00"
    assert f"({own} of it one's own) to {SHOP.address} for order {sale.order.reference}" in words.line_of(payment, "en")
    assert f"（本人支付 {own}）" in words.line_of(payment, "zh-CN")


def test_a_funded_receipt_needs_the_trusted_checkout(sales: dict[str, Sale]):
    sale = sales["helped"]
    another = replace(sale.checkout, verifying_contract=Person("a checkout").address)
    for checkout in (None, another):
        with pytest.raises(errors.ReceiptForeign):
            verify(sale.receipt, sale.token, sale.block_hash, checkout)
    claimed = replace(sale.receipt, checkout=another.verifying_contract)
    with pytest.raises(errors.ReceiptForeign):
        verified(sale, claimed)
    with pytest.raises(errors.ReceiptUnpaid):
        verify(claimed, sale.token, sale.block_hash, another)


PART = {"funder": LI.address, "budget": "0x" + "12" * 32, "value": HELP + 1, "minimum_spend": 1}


@pytest.mark.parametrize(
    "other",
    [
        *({name: value} for name, value in {"merchant": LI.address, "till": "T02", "reference": "F-3"}.items()),
        *({name: 1} for name in ("own", "amount", "expiry")),
        {"parts": ()},
    ],
    ids=lambda other: next(iter(other)),
)
def test_another_funded_order_is_unpaid(sales: dict[str, Sale], other: dict):
    sale = sales["helped"]
    with pytest.raises(errors.ReceiptUnpaid):
        verified(sale, replace(sale.receipt, order=replace(sale.order, **other)))


@pytest.mark.parametrize("name", list(PART))
def test_another_part_is_another_order(sales: dict[str, Sale], name: str):
    sale = sales["helped"]
    parts = (replace(sale.order.parts[0], **{name: PART[name]}),)
    with pytest.raises(errors.ReceiptUnpaid):
        verified(sale, replace(sale.receipt, order=replace(sale.order, parts=parts)))


def test_another_payer_log_or_signature_is_refused(sales: dict[str, Sale]):
    sale = sales["helped"]
    with pytest.raises(errors.ReceiptUnpaid):
        verified(sale, replace(sale.receipt, payer=LI.address, order=replace(sale.order, payer=LI.address)))
    with pytest.raises(errors.ReceiptUnpaid):
        verified(sale, replace(sale.receipt, payer=LI.address))
    with pytest.raises(errors.ReceiptUnpaid):
        verified(sale, replace(sale.receipt, log=sale.receipt.log - 1))
    for one, signature in (("helped", sales["given"].signature), ("given", sale.signature)):
        with pytest.raises(errors.ReceiptUnsigned):
            verified(sales[one], replace(sales[one].receipt, signature=signature))
    assert verified(sale, replace(sale.receipt, contract_payer=True)).signer == "contract"


@settings(max_examples=max(200, settings().max_examples), deadline=None)
@given(data=st.data())
def test_no_forged_funded_file_passes(sales: dict[str, Sale], data: st.DataObject):
    sale = sales[data.draw(st.sampled_from(["helped", "given"]))]
    with pytest.raises(ReceiptInvalid):
        verified(sale, read(flipped(data.draw, write(sale.receipt))))


def test_a_funded_receipt_goes_by_node_and_short_form_too(chain: Chain):
    sale = Stall(chain).sell("F-1", own=2_880)
    assert verify_by_node(sale.receipt, sale.token, chain.rpc, sale.checkout).order == sale.order
    short = read_short(write_short(shortened(sale.receipt, sale.transaction)))
    assert confirm(short, sale.token, chain.rpc, sale.checkout).payer == MEI.address
    with pytest.raises(errors.ReceiptForeign):
        confirm(short, sale.token, chain.rpc)
    with pytest.raises(errors.ReceiptUnpaid):
        confirm(replace(short, order=replace(sale.order, own=1)), sale.token, chain.rpc, sale.checkout)


def test_the_longest_funded_short_form_fits_a_qr_code_of_version_15():
    part = Part(DISTRICT.address, "0x" + "ff" * 32, 2**48 - 1, 2**48 - 1)
    order = FundedOrder(MEI.address, SHOP.address, "T" * 32, "9" * 32, 2**48, 2**50, 2**34, (part, part, part))
    short = Short(2**32, SHOP.address, order, 2**40, "0x" + "ff" * 32, 2**16, DISTRICT.address)
    assert read_short(write_short(short)) == short
    assert code_of(short).version <= 15


def test_a_slip_names_each_funder_and_its_part(sales: dict[str, Sale]):
    sale = sales["helped"]
    slip = slip_of(sale.receipt, verified(sale), shortened(sale.receipt, sale.transaction), Added())
    assert [(part.funder, part.amount_fen) for part in slip.parts] == [("own", 2_880), (DISTRICT.address, HELP)]
    assert sum(part.amount_fen for part in slip.parts) == slip.amount_fen == 3_880
