"""The books of all contracts, kept side by side: each log goes to its contract's, each movement to whom it concerns."""

from collections.abc import Callable
from functools import lru_cache

from pswallet.audit.anchors import Anchors
from pswallet.audit.checkout import Checkout
from pswallet.audit.decode import Log
from pswallet.audit.ledger import Ledger, Moment
from pswallet.audit.packets import Packets
from pswallet.audit.report import Findings
from pswallet.audit.state import Contracts
from pswallet.audit.vouchers import Vouchers

_TRANSACTIONS_KEPT = 8


class Books:
    """Folds all logs in their order; every broken promise goes to `findings`.

    `calldata` gives a transaction's input.
    """

    def __init__(
        self,
        findings: Findings,
        now: Moment,
        contracts: Contracts,
        *,
        chain_id: int,
        calldata: Callable[[str], bytes],
    ) -> None:
        self._contracts, known = contracts, lru_cache(_TRANSACTIONS_KEPT)(calldata)
        self.ledger = Ledger(findings, now)
        self.packets = Packets(findings, now, self.ledger, chain_id=chain_id, escrow=contracts.escrow, calldata=known)
        self.vouchers = Vouchers(
            findings,
            now,
            self.ledger,
            chain_id=chain_id,
            voucher=contracts.voucher,
            checkout=contracts.checkout,
            calldata=known,
        )
        self.checkout = Checkout(
            findings, now, self.ledger, self.vouchers, chain_id=chain_id, checkout=contracts.checkout
        )
        self.anchors = Anchors(findings, now)
        self._others: dict[str, Callable[[Log], None]] = {
            contracts.escrow: self.packets.read,
            contracts.checkout: self.checkout.read,
            contracts.voucher: self.vouchers.read,
            contracts.anchor: self.anchors.read,
        }

    def read(self, log: Log, address: str) -> None:
        """Book one log of the contract at `address` (lower case), if it is one that keeps a book."""
        if address == self._contracts.token:
            self._read_token(log)
            return
        book = self._others.get(address)
        if book:
            book(log)

    def _read_token(self, log: Log) -> None:
        movement = self.ledger.read(log)
        if movement is None:
            return
        self.checkout.money.moved(movement)
        if movement.recipient in self._others or movement.sender in self._others:
            ends = (movement.sender, movement.recipient)
            if self._contracts.escrow in ends:
                self.packets.moved(movement)
            if self._contracts.voucher in ends:
                self.vouchers.money.moved(movement)

    def close(self) -> None:
        """Report, at a transaction's end, what its events and its money say otherwise."""
        self.ledger.close()
        self.packets.close()
        self.checkout.close()
        self.vouchers.close()
