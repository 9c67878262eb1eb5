"""Whose word a verifier takes for a block's hash: any node of his own, or a file of headers. Never the gateway."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec

from pswallet.chain.rpc import Rpc, RpcCall, RpcError, RpcUnavailable
from pswallet.chain.signing import Domain
from pswallet.chain.tries import encoded_header
from pswallet.receipt.errors import ReceiptProofBroken, ReceiptUnsigned
from pswallet.receipt.files import Receipt
from pswallet.receipt.payments import Payment
from pswallet.receipt.proofs import Header, header_of
from pswallet.receipt.verification import verify


class CannotCheck(RuntimeError):
    """Nobody could be asked, or who was asked does not know: nothing is said of the receipt. The message says why."""


def verify_by_node(receipt: Receipt, token: Domain, rpc: Rpc, checkout: Domain | None = None) -> Payment:
    """Verify a receipt against the block that a node has at that height; of a contract's signature ask for its code.

    Raises ReceiptInvalid, and CannotCheck when the node does not answer, lags, or is of another chain.
    """
    number = hex(header_of(receipt.header).number)
    block, code = ask(
        rpc, token, [("eth_getBlockByNumber", [number, False]), ("eth_getCode", [receipt.payer, "latest"])]
    )
    if block is None:
        raise CannotCheck(f"the node does not have block {int(number, 16)} (yet)")
    payment = verify(receipt, token, bytes.fromhex(block["hash"][2:]), checkout)
    if receipt.contract_payer and code == "0x":
        raise ReceiptUnsigned(payer=receipt.payer, reason="no contract stands there")
    return payment


def ask(rpc: Rpc, token: Domain, calls: Sequence[RpcCall]) -> list[Any]:
    """Return a node's answers to `calls`, asked in one request beside its chain's id.

    Raises CannotCheck when it does not answer, refuses one, or is of another chain.
    """
    try:
        chain_id, *answers = rpc.batch([("eth_chainId", []), *calls])
    except RpcUnavailable as error:
        raise CannotCheck(f"{error}: start the node behind --rpc, or name another") from error
    refusal = next((answer for answer in (chain_id, *answers) if isinstance(answer, RpcError)), None)
    if refusal is not None:
        raise CannotCheck(f"the node refuses to say it, name another by --rpc: {refusal}") from refusal
    if int(chain_id, 16) != token.chain_id:
        raise CannotCheck(f"the node is of chain {int(chain_id, 16)}, the token of chain {token.chain_id}")
    return answers


def hash_by_headers(receipt: Receipt, data: bytes, trusted: bytes | None = None) -> bytes:
    """Return the hash that a file of headers has for the receipt's block.

    The file holds consecutive headers, oldest first: RLP in hexadecimal, one a line, or a JSON list as nodes give
    them. If `trusted` is given the last one must have that hash, so that one hash vouches for all of them.
    Raises CannotCheck when they do not follow each other, end elsewhere, or do not reach the block.
    """
    headers = _headers(data)
    if not all(after.parent == before.hash for before, after in pairwise(headers)):
        raise CannotCheck("the headers do not follow each other")
    if trusted is not None and headers[-1].hash != trusted:
        raise CannotCheck(f"the last header's hash is 0x{headers[-1].hash.hex()}, not the trusted one")
    number = header_of(receipt.header).number
    found = next((header.hash for header in headers if header.number == number), None)
    if found is None:
        raise CannotCheck(f"block {number} is not among the headers {headers[0].number} to {headers[-1].number}")
    return found


def _headers(data: bytes) -> list[Header]:
    """Read a file of headers, at least one. Raises CannotCheck."""
    try:
        if data.lstrip().startswith(b"["):
            raws = [encoded_header(header) for header in msgspec.json.decode(data)]
        else:
            raws = [bytes.fromhex(line.removeprefix("0x")) for line in data.decode().split()]
        headers = [header_of(raw) for raw in raws]
    except (ValueError, KeyError, TypeError, AttributeError, ReceiptProofBroken) as error:
        raise CannotCheck(f"the file of headers cannot be read: {error}") from error
    if not headers:
        raise CannotCheck("the file of headers is empty")
    return headers
