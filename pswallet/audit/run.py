"""The audit from end to end: read the chain once, in order, then hold the books against the state and the database."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple

from sqlalchemy.exc import SQLAlchemyError

from pswallet.audit.books import Books
from pswallet.audit.code import Addresses, check_code, check_upgrade
from pswallet.audit.completeness import Completeness
from pswallet.audit.database import Database
from pswallet.audit.decode import Log, events
from pswallet.audit.facts import Facts
from pswallet.audit.hunt import Hunt
from pswallet.audit.ledger import Moment
from pswallet.audit.node import Header, Node, Span
from pswallet.audit.powers import Powers
from pswallet.audit.report import Findings, Report
from pswallet.audit.shopstate import ShopState
from pswallet.audit.state import StateCheck, contracts_of
from pswallet.chain.rpc import Rpc, RpcError, RpcUnavailable

Progress = Callable[[int, int, int], None]
"""Told how many blocks are done, how many there are, and how many events were read."""

_UPGRADED = [topic for topic, name in events("Stablecoin").items() if name == "Upgraded"]


_UNREADABLE = (RpcError, ValueError)
"""What comes of asking an address that has other code, or none."""


class CannotAudit(RuntimeError):
    """The chain or the database could not be read to the end: nothing is said of them. The message says what to do."""


def _quiet(done: int, total: int, events: int) -> None:
    """Show no progress."""


@contextmanager
def without_collector() -> Iterator[None]:
    """Pause the search for cycles: what is read has none, and each log would be looked at again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def run(rpc_url: str, deployment: Addresses, database_url: str | None = None, progress: Progress = _quiet) -> Report:
    """Audit the chain behind `rpc_url` up to its head, and the money rows of the database if its URL is given.

    Trusts nobody: everything is rebuilt from logs and state. Raises CannotAudit when the node or the database does not
    answer, or refuses.
    """
    try:
        with Rpc(rpc_url) as rpc, without_collector():
            if database_url is None:
                return Audit(rpc, deployment).run(progress)
            with Database(database_url) as database:  # its snapshot comes before the chain's head
                return Audit(rpc, deployment, database).run(progress)
    except RpcUnavailable as error:
        raise CannotAudit(f"{error}: start the node behind --rpc, or name another") from error
    except RpcError as error:
        raise CannotAudit(f"the node refuses what an audit asks, name another by --rpc: {error}") from error
    except SQLAlchemyError as error:
        told = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        raise CannotAudit(f"the database cannot be read, start it or mend --database: {told}") from error


class Audit:
    """One reading of one chain, from the deployment's first block to the head at the start."""

    def __init__(self, rpc: Rpc, deployment: Addresses, database: Database | None = None) -> None:
        self.findings, self.now = Findings(), Moment()
        self._deployment, self._database = deployment, database
        self._contracts = contracts_of(deployment)
        others = [deployment.stablecoin_implementation, deployment.batch, deployment.access_manager]
        watched = [*astuple(self._contracts), *(one.lower() for one in others)]
        self._node = Node(rpc, watched)
        self._completeness = Completeness(self.findings, self._node, watched)
        self._chain_id = self._node.number("eth_chainId")
        self.books = Books(
            self.findings, self.now, self._contracts, chain_id=self._chain_id, calldata=self._node.calldata
        )
        self._powers = Powers(self.findings, self.now, deployment)
        self._facts = Facts(self.now, self._contracts)
        self._logs = 0

    def run(self, progress: Progress = _quiet) -> Report:
        """Read every block, then compare; return the verdict."""
        first, last = self._deployment.block, self._node.number("eth_blockNumber")
        head = self._node.header(last)
        self._check_code(last)
        for span in self._node.spans(first, last):
            self.read(span)
            if self._database:
                self._database.compare(self.findings, self._node, span.first, span.last)
            progress(span.last - first + 1, last - first + 1, self._logs)
        self._powers.finish()
        self._compare(first, last, head)
        return self._report(first, last, head)

    def read(self, span: Span) -> None:
        """Book the next blocks."""
        for header, logs in self._completeness.blocks(span):
            self._read_block(header, logs)
        self.findings.looked_at("logs", len(span.headers))

    def _check_code(self, last: int) -> None:
        """Check what the contracts are; other code than ours may answer anything."""
        if self._chain_id != self._deployment.chain_id:
            expected = self._deployment.chain_id
            self.findings.add("code", f"this is the chain {self._chain_id}; the contracts are on chain {expected}")
        try:
            check_code(self.findings, self._node, self._deployment, last)
        except _UNREADABLE as error:
            self.findings.add("code", f"the contracts do not answer as the published code does: {error}", last)

    def _read_block(self, header: Header, logs: Sequence[Log]) -> None:
        now, read = self.now, self._read
        now.block, now.time = int(header["number"], 16), int(header["timestamp"], 16)
        for log in logs:
            if log["transactionHash"] != now.transaction:
                self.books.close()
                now.transaction = log["transactionHash"]
            read(log)
        self.books.close()
        self._logs += len(logs)

    def _read(self, log: Log) -> None:
        address = log["address"].lower()
        self._powers.read(log)
        self.books.read(log, address)
        if address == self._contracts.token and log["topics"][:1] == _UPGRADED:
            check_upgrade(self.findings, self._node, self._deployment, self.now, log["topics"])
        if self._database:
            self._expect(self._database, log, address)

    def _expect(self, database: Database, log: Log, address: str) -> None:
        """Note what the database must say of a log."""
        database.note(log, self.now)
        for row in self._facts.rows(log, address):
            database.expect(row, log, self.now)

    def _compare(self, first: int, last: int, head: Header) -> None:
        """Hold the books against the contracts' state; follow what differs back to its block."""
        try:
            books, asked = self.books, (self.findings, self._node, self._contracts, last)
            accounts, packets = StateCheck(*asked).run(books.ledger, books.packets)
            orders, campaigns = ShopState(*asked).run(books.checkout, books.vouchers, books.anchors)
            hunt = Hunt(self.findings, self._node, self._completeness, self._contracts, (first, last))
            hunt.accounts(accounts)
            hunt.packets(packets, self._chain_id)
            hunt.orders(orders, self._chain_id)
            hunt.campaigns(campaigns, self._chain_id)
        except _UNREADABLE as error:
            self.findings.add("accounts", f"the contracts' state cannot be read: {error}", last)
        if self._node.header(last)["hash"] != head["hash"]:
            self.findings.add("logs", "the chain was reorganised during the audit: run it again", last)
        if self._database:
            self._database.compare_cursor(self.findings, self._node, first, last)
            self._database.compare_intake(self.findings, self._node, self._deployment, last)
            self._database.compare_points(self.findings, self.books.anchors)

    def _report(self, first: int, last: int, head: Header) -> Report:
        books = self.books
        looked_at = {
            "mints": len(books.ledger.entries),
            "authorizations": books.ledger.authorizations,
            "standing": books.ledger.payments,
            "limits": books.ledger.payments,
            "packets": books.packets.created,
            "draws": books.packets.shares,
            "refunds": books.packets.refunds,
            "orders": books.checkout.paid + books.checkout.refunds,
            "vouchers": books.vouchers.entries,
        }
        for check, count in looked_at.items():
            self.findings.looked_at(check, count)
        totals = {
            "logs": self._logs,
            "accounts": len(books.ledger.accounts),
            "payments": books.ledger.payments,
            "fen issued": books.ledger.supply,
            "red packets": books.packets.created,
            "shares": books.packets.shares,
            "funded orders": books.checkout.paid,
        }
        checks = [check for check in self.findings.checks.values() if check.name != "database" or self._database]
        return Report(self._chain_id, first, last, head["hash"], totals, checks, self.findings.warnings)
