"""Finds the block, and if it can the transaction, at which a state and its logs part."""

from collections.abc import Callable, Sequence
from typing import Any

from pswallet.audit.checkout import Checkout
from pswallet.audit.completeness import Completeness
from pswallet.audit.decode import Log, events, words
from pswallet.audit.ledger import Ledger, Moment
from pswallet.audit.node import Node
from pswallet.audit.packets import Packets
from pswallet.audit.report import Findings
from pswallet.audit.shopstate import NO_ORDER, CampaignPlace, campaign_book, campaign_call, order_call
from pswallet.audit.state import Contracts, account_call, packet_call, packet_state, told_apart, word_of
from pswallet.audit.vouchers import Vouchers
from pswallet.chain.rpc import RpcError

_MOST_HUNTS = 20
"""Differing accounts or packets that are followed back; a hunt costs some twenty requests."""


def first_difference(differs: Callable[[int], bool], first: int, last: int) -> int:
    """Return the first block in [first, last] at which `differs` holds, given that it holds at `last`."""
    while first < last:
        middle = (first + last) // 2
        if differs(middle):
            last = middle
        else:
            first = middle + 1
    return last


class Hunt:
    """Follows what differs at `last` back to where it began; needs a node that remembers old states."""

    def __init__(
        self, findings: Findings, node: Node, completeness: Completeness, contracts: Contracts, span: tuple[int, int]
    ) -> None:
        self._findings, self._node, self._completeness = findings, node, completeness
        self._contracts, (self._first, self._last) = contracts, span

    def accounts(self, differing: Sequence[str]) -> None:
        """Report each differing account, with where its state and its logs part."""
        for number, address in enumerate(differing):
            book = _AccountHistory(self._node, self._contracts, address, (self._first, self._last))
            message = f"{address}: {told_apart(book.state(self._last), book.at(self._last))}"
            self._report("accounts", message, book, follow=number < _MOST_HUNTS)

    def packets(self, differing: Sequence[str], chain_id: int) -> None:
        """Report each differing packet, with where its state and its logs part."""
        for number, packet in enumerate(differing):
            book = _PacketHistory(self._node, self._contracts, packet, (self._first, self._last), chain_id)
            message = f"packet {packet} holds {book.state(self._last)}; the logs say {book.at(self._last)}"
            self._report("packets", message, book, follow=number < _MOST_HUNTS)

    def orders(self, differing: Sequence[str], chain_id: int) -> None:
        """Report each differing order, with where its state and its logs part."""
        for number, order in enumerate(differing):
            book = _OrderHistory(self._node, self._contracts, order, (self._first, self._last), chain_id)
            message = f"order {order} stands at {book.state(self._last)}; the logs say {book.at(self._last)}"
            self._report("orders", message, book, follow=number < _MOST_HUNTS)

    def campaigns(self, differing: Sequence[CampaignPlace], chain_id: int) -> None:
        """Report each differing campaign or holding, with where its state and its logs part."""
        for number, place in enumerate(differing):
            book = _CampaignHistory(self._node, self._contracts, place, (self._first, self._last), chain_id)
            whose = f"{place[1]} of campaign {place[0]}" if place[1] else f"campaign {place[0]}"
            message = f"{whose} has {book.state(self._last)}; the logs say {book.at(self._last)}"
            self._report("vouchers", message, book, follow=number < _MOST_HUNTS)

    def _report(self, check: str, message: str, book: "_History", *, follow: bool) -> None:
        block, transaction = self._parting(book) if follow else (self._last, None)
        self._findings.add(check, message, block, transaction)

    def _parting(self, book: "_History") -> tuple[int, str | None]:
        """Return the block at which a state and its logs part, and its transaction if it is the only one there."""
        try:
            block = first_difference(lambda at: book.state(at) != book.at(at), self._first, self._last)
        except RpcError:  # the node forgets old states: the head is all there is
            return self._last, None
        header = self._node.header(block)
        self._completeness.compare(block, header, self._node.logs(block, block))
        transactions = header["transactions"]
        return block, transactions[0] if len(transactions) == 1 else None


class _History:
    """What the logs about one thing make of it after each block."""

    def __init__(self, node: Node, span: tuple[int, int]) -> None:
        self._node = node
        self._steps: list[tuple[int, tuple[Any, ...]]] = []
        self._empty = self._book()
        now = self.now
        for log in self._logs(span):
            block = int(log["blockNumber"], 16)
            if block != now.block:
                now.block, now.time = block, int(node.header(block)["timestamp"], 16)
            now.transaction = log["transactionHash"]
            self._read(log)
            self._steps.append((block, self._book()))

    now: Moment

    def at(self, block: int) -> tuple[Any, ...]:
        """Return what the logs up to `block` make of it."""
        before = [book for at, book in self._steps if at <= block]
        return before[-1] if before else self._empty

    def state(self, block: int) -> tuple[Any, ...]:
        """Return what the contract says of it after `block`."""
        raise NotImplementedError

    def _logs(self, span: tuple[int, int]) -> list[Log]:
        raise NotImplementedError

    def _read(self, log: Log) -> None:
        raise NotImplementedError

    def _book(self) -> tuple[Any, ...]:
        raise NotImplementedError


class _AccountHistory(_History):
    """An account's word, by the logs that name it and those that set limits."""

    def __init__(self, node: Node, contracts: Contracts, address: str, span: tuple[int, int]) -> None:
        self._contracts, self._address, self.now = contracts, address, Moment()
        self._ledger = Ledger(Findings(), self.now)
        super().__init__(node, span)

    def state(self, block: int) -> tuple[Any, ...]:
        return tuple(words(self._node.read(self._contracts.token, account_call(self._address), block)))

    def _logs(self, span: tuple[int, int]) -> list[Log]:
        topic = "0x" + word_of(self._address)
        limits = next(topic for topic, name in events("Stablecoin").items() if name == "TierLimitsSet")
        found = [
            log for query in ([None, topic], [None, None, topic], [limits]) for log in self._node.logs(*span, query)
        ]
        unique = {(int(log["blockNumber"], 16), int(log["logIndex"], 16)): log for log in found}
        return [unique[place] for place in sorted(unique) if unique[place]["address"].lower() == self._contracts.token]

    def _read(self, log: Log) -> None:
        self._ledger.read(log)

    def _book(self) -> tuple[Any, ...]:
        return self._ledger.account(self._address).word()


class _PacketHistory(_History):
    """A packet's state, by the logs that name it."""

    def __init__(self, node: Node, contracts: Contracts, packet: str, span: tuple[int, int], chain_id: int) -> None:
        self._contracts, self._packet, self.now = contracts, packet, Moment()
        ledger = Ledger(Findings(), self.now)
        self._packets = Packets(
            Findings(), self.now, ledger, chain_id=chain_id, escrow=contracts.escrow, calldata=node.calldata
        )
        super().__init__(node, span)

    def state(self, block: int) -> tuple[Any, ...]:
        return packet_state(self._node.read(self._contracts.escrow, packet_call(self._packet), block))

    def _logs(self, span: tuple[int, int]) -> list[Log]:
        found = self._node.logs(*span, [None, self._packet])
        return [log for log in found if log["address"].lower() == self._contracts.escrow]

    def _read(self, log: Log) -> None:
        self._packets.read(log)

    def _book(self) -> tuple[Any, ...]:
        packet = self._packets.open.get(self._packet)
        return packet.state() if packet else (0, 0, bytes(20), 0)


class _OrderHistory(_History):
    """A funded order's state, by the logs that name it."""

    def __init__(self, node: Node, contracts: Contracts, order: str, span: tuple[int, int], chain_id: int) -> None:
        self._contracts, self._order, self.now = contracts, order, Moment()
        vouchers = _vouchers(contracts, self.now, chain_id)
        self._checkout = Checkout(
            Findings(), self.now, vouchers.ledger, vouchers, chain_id=chain_id, checkout=contracts.checkout
        )
        super().__init__(node, span)

    def state(self, block: int) -> tuple[Any, ...]:
        return tuple(words(self._node.read(self._contracts.checkout, order_call(self._order), block)))

    def _logs(self, span: tuple[int, int]) -> list[Log]:
        found = self._node.logs(*span, [None, self._order])
        return [log for log in found if log["address"].lower() == self._contracts.checkout]

    def _read(self, log: Log) -> None:
        self._checkout.read(log)

    def _book(self) -> tuple[Any, ...]:
        order = self._checkout.order(self._order)
        return order.state() if order else NO_ORDER


class _CampaignHistory(_History):
    """A campaign's money, or what an account has of it, by the logs that name the campaign."""

    def __init__(
        self, node: Node, contracts: Contracts, place: CampaignPlace, span: tuple[int, int], chain_id: int
    ) -> None:
        self._contracts, self._place, self.now = contracts, place, Moment()
        self._vouchers = _vouchers(contracts, self.now, chain_id)
        super().__init__(node, span)

    def state(self, block: int) -> tuple[Any, ...]:
        return tuple(words(self._node.read(self._contracts.voucher, campaign_call(*self._place), block)))

    def _logs(self, span: tuple[int, int]) -> list[Log]:
        found = self._node.logs(*span, [None, self._place[0]])
        return [log for log in found if log["address"].lower() == self._contracts.voucher]

    def _read(self, log: Log) -> None:
        self._vouchers.read(log)

    def _book(self) -> tuple[Any, ...]:
        return campaign_book(self._vouchers, *self._place)


def _vouchers(contracts: Contracts, now: Moment, chain_id: int) -> Vouchers:
    """Return a book of vouchers that tells nobody what it finds, and looks into no transaction."""
    return Vouchers(
        Findings(),
        now,
        Ledger(Findings(), now),
        chain_id=chain_id,
        voucher=contracts.voucher,
        checkout=contracts.checkout,
        calldata=lambda transaction: b"",
    )
