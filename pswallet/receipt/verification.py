"""Verify a receipt offline: nothing is asked, and nothing is believed but the block's hash and the token's address."""

from pswallet.chain.orders import order_id, payment_digest
from pswallet.chain.signing import Domain, SignatureMalformed, recover
from pswallet.kit.clock import from_unix
from pswallet.receipt.errors import ReceiptBlockDiffers, ReceiptForeign, ReceiptUnpaid, ReceiptUnsigned
from pswallet.receipt.files import Receipt
from pswallet.receipt.payments import Payment, Signer, payer_of, require_in_time
from pswallet.receipt.proofs import header_of, logs_of, receipt_at


def verify(receipt: Receipt, token: Domain, block_hash: bytes) -> Payment:
    """Return the payment that `receipt` proves if the chain's block has `block_hash` and `token` is the money.

    Both must come from whom the verifier trusts, never from the receipt's giver. Raises ReceiptInvalid: each of its
    kinds names what is wrong.
    """
    require_token(token, receipt.chain_id, receipt.token)
    header = header_of(receipt.header)
    if header.hash != block_hash:
        raise ReceiptBlockDiffers(block=header.number, hash="0x" + header.hash.hex(), trusted="0x" + block_hash.hex())
    logs = logs_of(receipt_at(header.receipts_root, receipt.transaction, receipt.nodes))
    order = order_id(token, receipt.order)
    payer = payer_of(logs, receipt.log, token.verifying_contract, receipt.order, order)
    if payer != receipt.payer:
        raise ReceiptUnpaid(order=order, payer=payer)
    require_in_time(receipt.order, order, header.time)
    return Payment(
        order=receipt.order,
        order_id=order,
        payer=payer,
        block=header.number,
        block_hash="0x" + header.hash.hex(),
        time=from_unix(header.time),
        signer=_signer(receipt, token),
    )


def require_token(token: Domain, chain_id: int, address: str) -> None:
    """Refuse what is of another token or chain than the trusted one. Raises ReceiptForeign."""
    if (chain_id, address) != (token.chain_id, token.verifying_contract):
        raise ReceiptForeign(chain_id=chain_id, token=address)


def _signer(receipt: Receipt, token: Domain) -> Signer:
    """Return who signed. What a contract says of a signature (ERC-1271) only the chain knows: its token took it."""
    if receipt.contract_payer:
        return "contract"
    signed = payment_digest(
        token, receipt.order, receipt.payer, valid_after=receipt.valid_after, valid_before=receipt.valid_before
    )
    try:
        signer = recover(signed, receipt.signature)
    except SignatureMalformed as error:
        raise ReceiptUnsigned(reason=error.details["reason"]) from error
    if signer != receipt.payer:
        raise ReceiptUnsigned(payer=receipt.payer)
    return "key"
