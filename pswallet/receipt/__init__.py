"""Receipts that need no trust: a plain order, the payer's signature, and a proof down from a block's header.

Promises: a receipt that verifies was paid as its order says, in the block whose hash the verifier trusts, and nothing
of it is the gateway's word. It does not say that this block is final. Contract: the token's own logs. It owns no table,
writes nothing to the chain, and knows no service.
"""

from pswallet.receipt.errors import ReceiptInvalid
from pswallet.receipt.files import Receipt, read, write
from pswallet.receipt.making import build
from pswallet.receipt.nodes import CannotCheck, hash_by_headers, verify_by_node
from pswallet.receipt.payments import Payment
from pswallet.receipt.short import Short, code_of, confirm, find, held_fen, located, read_short, shortened, write_short
from pswallet.receipt.slips import Added, Slip, slip_of
from pswallet.receipt.verification import verify

__all__ = [
    "Added",
    "CannotCheck",
    "Payment",
    "Receipt",
    "ReceiptInvalid",
    "Short",
    "Slip",
    "build",
    "code_of",
    "confirm",
    "find",
    "hash_by_headers",
    "held_fen",
    "located",
    "read",
    "read_short",
    "shortened",
    "slip_of",
    "verify",
    "verify_by_node",
    "write",
    "write_short",
]
