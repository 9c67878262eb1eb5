"""Holds what people were told of their money to the logs that it tells of."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, text

from pswallet.audit.report import Findings
from pswallet.audit.rows import Row, Told
from pswallet.bank.models import BankMint
from pswallet.kit.db import Base
from pswallet.notifications.models import Notification
from pswallet.payments.models import Entry
from pswallet.redpackets.models import PacketCollection, PacketRefund, PacketShare

TABLE: type[Base] = Notification
"""Where they are."""

_OF_A_LOG = ("transfer-sent", "transfer-received", "money-arrived", "share-claimed", "share-owed", "share-collected")
_OF_VOUCHERS = [f"voucher-{what}" for what in ("issued", "spent", "restored", "returned")]
_KINDS = [*_OF_A_LOG, "packet-refunded", "budget-opened", "campaign-opened", "campaign-closed", *_OF_VOUCHERS]
_NOTICES = text(
    "SELECT block, log_index, kind, address, body FROM notifications WHERE block BETWEEN :first AND :last"
    " AND kind <> 'money-refused' AND (kind = ANY(:kinds) OR jsonb_exists(body, 'amount_fen'))"
)
"""A mint that was refused has no log: `intake` holds its notice to the bank's entry."""

_OF_ORDERS = {
    "order-paid": "transfer-sent",
    "order-received": "transfer-received",
    "order-refunded": "transfer-received",
}
"""What the chain says of them; `intake` holds which order they name to its payment."""


class Notices:
    """The notices that the logs of one range allow. None is missed: who was told nothing asks the API."""

    def __init__(self) -> None:
        self._allowed: dict[tuple[int, int, str, str], dict[str, Any]] = {}

    def allow(self, row: Row, block: int, log_index: int) -> None:
        """Note what people may be told of a row."""
        own = _notice(row)
        for kind, address, body in (own, *row.told) if own else row.told:
            self._allowed[block, log_index, kind, address] = body

    def compare(
        self,
        findings: Findings,
        connection: Connection,
        transactions: Mapping[tuple[int, int], str],
        first: int,
        last: int,
    ) -> None:
        """Report each notice of the blocks `first` to `last` that tells of money otherwise than the chain.

        `transactions`: by block and log index.
        """
        for row in connection.execute(_NOTICES, {"first": first, "last": last, "kinds": _KINDS}):
            findings.looked_at("database", 1)
            kind, body = _OF_ORDERS.get(row.kind, row.kind), row.body
            if kind != row.kind:
                body = {name: body[name] for name in body if name not in ("order", "reference")}
            due = self._allowed.get((row.block, row.log_index, kind, row.address))
            if body != due:
                told = f"notifications, {row.kind} of log {row.log_index} to {row.address}: told {row.body}"
                transaction = transactions.get((row.block, row.log_index))
                findings.add("database", f"{told}, the chain says {due or 'nothing'}", row.block, transaction)
        self._allowed.clear()


def _notice(row: Row) -> Told | None:
    """Return the notice that a row gives rise to."""
    values = row.values
    if row.table is Entry:
        if values["kind"] != "transfer":
            return None
        kind, other = ("transfer-received", "from") if row.part else ("transfer-sent", "to")
        return kind, values["account"], {"amount_fen": abs(values["delta_fen"]), other: values["counterparty"]}
    told = _TOLD.get(row.table)
    return told(values) if told else None


def _of_packet(kind: str, values: Mapping[str, Any], whose: str = "account") -> Told:
    return kind, values[whose], {"packet": values["packet"], "amount_fen": values["value_fen"]}


def _of_share(values: Mapping[str, Any]) -> Told:
    return _of_packet("share-claimed" if values.get("reason", "") is None else "share-owed", values)


_TOLD: dict[type[Base], Callable[[Mapping[str, Any]], Told]] = {
    BankMint: lambda values: ("money-arrived", values["account"], {"amount_fen": values["value_fen"]}),
    PacketShare: _of_share,
    PacketCollection: lambda values: _of_packet("share-collected", values),
    PacketRefund: lambda values: _of_packet("packet-refunded", values, "creator"),
}
"""What a row's owner is told of it."""
