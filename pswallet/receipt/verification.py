"""Verify a receipt offline: nothing is asked, and nothing is believed but the block's hash and the token's address."""

from pswallet.chain.orders import Order, payment_digest
from pswallet.chain.signing import RECEIVE_WITH_AUTHORIZATION, Domain, SignatureMalformed, digest, recover
from pswallet.kit.clock import from_unix
from pswallet.receipt.errors import ReceiptBlockDiffers, ReceiptForeign, ReceiptUnpaid, ReceiptUnsigned
from pswallet.receipt.files import Receipt
from pswallet.receipt.payments import AnyOrder, Payment, Signer, identity_of, paid_by, require_in_time
from pswallet.receipt.proofs import header_of, logs_of, receipt_at


def verify(receipt: Receipt, token: Domain, block_hash: bytes, checkout: Domain | None = None) -> Payment:
    """Return the payment that `receipt` proves if the chain's block has `block_hash` and `token` is the money.

    A funded order's also needs its `checkout`. All must come from whom the verifier trusts, never from the receipt's
    giver. Raises ReceiptInvalid: each of its kinds names what is wrong.
    """
    require_token(token, receipt.chain_id, receipt.token)
    header = header_of(receipt.header)
    if header.hash != block_hash:
        raise ReceiptBlockDiffers(block=header.number, hash="0x" + header.hash.hex(), trusted="0x" + block_hash.hex())
    logs = logs_of(receipt_at(header.receipts_root, receipt.transaction, receipt.nodes))
    order, domain = receipt.order, domain_of(receipt.order, token, checkout, receipt.checkout)
    identity = identity_of(domain, order)
    payer = paid_by(logs, receipt.log, (token, domain), order, identity)
    if payer != receipt.payer:
        raise ReceiptUnpaid(order=identity, payer=payer)
    require_in_time(order, identity, header.time)
    return Payment(
        order=order,
        order_id=identity,
        payer=payer,
        block=header.number,
        block_hash="0x" + header.hash.hex(),
        time=from_unix(header.time),
        signer=_signer(receipt, token, identity),
    )


def domain_of(order: AnyOrder, token: Domain, checkout: Domain | None, said: str) -> Domain:
    """Return the trusted domain in which `order` is hashed: the token's, or the checkout's if it is the one `said`.

    Raises ReceiptForeign for another checkout, or none that is trusted.
    """
    if isinstance(order, Order):
        return token
    if checkout is None or checkout.verifying_contract != said:
        raise ReceiptForeign(checkout=said)
    return checkout


def require_token(token: Domain, chain_id: int, address: str) -> None:
    """Refuse what is of another token or chain than the trusted one. Raises ReceiptForeign."""
    if (chain_id, address) != (token.chain_id, token.verifying_contract):
        raise ReceiptForeign(chain_id=chain_id, token=address)


def _signer(receipt: Receipt, token: Domain, identity: str) -> Signer:
    """Return who signed. What a contract says of a signature (ERC-1271) only the chain knows: its token took it."""
    if receipt.contract_payer:
        return "contract"
    try:
        signer = recover(_signed(receipt, token, identity), receipt.signature)
    except SignatureMalformed as error:
        raise ReceiptUnsigned(reason=error.details["reason"]) from error
    if signer != receipt.payer:
        raise ReceiptUnsigned(payer=receipt.payer)
    return "key"


def _signed(receipt: Receipt, token: Domain, identity: str) -> bytes:
    """Return the 32 bytes that the payer signed: a payment; of an order that others pay whole, the order."""
    order = receipt.order
    if isinstance(order, Order):
        return payment_digest(
            token, order, receipt.payer, valid_after=receipt.valid_after, valid_before=receipt.valid_before
        )
    if not order.own:
        return bytes.fromhex(identity[2:])
    message = {
        **{"from": order.payer, "to": receipt.checkout, "value": order.own},
        **{"validAfter": receipt.valid_after, "validBefore": receipt.valid_before, "nonce": identity},
    }
    return digest(token, RECEIVE_WITH_AUTHORIZATION, message)
