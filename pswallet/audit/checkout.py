"""The checkout's book, kept a second time from its logs alone: budgets, cashiers, funded orders and their refunds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pswallet.audit.accounts import NOT_REGISTERED, day_of
from pswallet.audit.decode import Log, address_in, events, words
from pswallet.audit.kept import Shelf
from pswallet.audit.ledger import Ledger, Moment, Movement
from pswallet.audit.money import Money
from pswallet.audit.orders import Order, Part, read_order
from pswallet.audit.report import Findings
from pswallet.audit.typed import separator, typed
from pswallet.audit.vouchers import Vouchers
from pswallet.chain.hashing import keccak

_BUDGET = keccak(b"Budget(address funder,address signer,uint64 total,uint32 end,bytes32 salt)")
_ORDER = keccak(
    b"FundedOrder(address payer,address merchant,bytes32 till,bytes32 reference,uint64 own,uint64 amount,uint64 expiry,"
    b"bytes32 parts)"
)


@dataclass(slots=True)
class Budget:
    """What a funder lets out: `left` of `total` fen until `end` [Unix s]."""

    left: int
    total: int
    signer: str
    end: int


@dataclass(slots=True)
class Cashier:
    """What a merchant lets somebody give back: `cap` fen a day; `number` counts the acts on it."""

    cap: int = 0
    refunded_today: int = 0
    day: int = 0
    number: int = 0


class Checkout:
    """Folds the checkout's logs in their order; every broken promise goes to `findings`.

    `ledger` is the token's book and `vouchers` the vouchers', both read up to the same log.
    """

    def __init__(
        self, findings: Findings, now: Moment, ledger: Ledger, vouchers: Vouchers, *, chain_id: int, checkout: str
    ) -> None:
        self.findings, self.now, self.ledger, self.vouchers = findings, now, ledger, vouchers
        self.address = checkout
        self.money = Money(findings, now, contract=checkout, check="orders", name="the checkout")
        self.budgets: dict[tuple[str, str], Budget] = {}
        self.cashiers: dict[tuple[str, str], Cashier] = {}
        self.orders = Shelf()
        self.paid = self.refunds = self._kept = 0
        self._separator = separator("MerchantCheckout", chain_id, checkout)
        self._handlers: dict[str, Callable[[Log], None]] = {
            topic: getattr(self, f"_on_{name}", self._on_unknown) for topic, name in events("MerchantCheckout").items()
        }

    def read(self, log: Log) -> None:
        """Book one log of the checkout; `now` must stand at its block and transaction."""
        handler = self._handlers.get(log["topics"][0], self._on_unknown) if log["topics"] else self._on_unknown
        handler(log)

    def close(self) -> None:
        """Report, at a transaction's end, money without its event, and any that stayed here."""
        self.money.close()
        held = self.ledger.account(self.address).balance
        if held != self._kept:
            self._wrong("orders", f"the checkout kept {held} fen, and may keep none")
            self._kept = held  # said once, not of each transaction that follows

    def order(self, order_id: str) -> Order | None:
        """Return a paid order."""
        kept = self.orders.get(bytes.fromhex(order_id[2:]))
        return Order.unpacked(kept) if kept else None

    def _wrong(self, check: str, message: str) -> None:
        self.findings.add(check, message, self.now.block, self.now.transaction)

    # --- budgets ---

    def _on_BudgetOpened(self, log: Log) -> None:
        budget_id, funder, data = log["topics"][1], address_in(log["topics"][2]), bytes.fromhex(log["data"][2:])
        named, signer, total, end = words(log["data"])[:4]
        if budget_id != "0x" + typed(self._separator, _BUDGET + data[:160]).hex() or named != int(funder, 16):
            self._wrong("budgets", f"budget {budget_id} of {funder} is not the hash of its terms")
        if (funder, budget_id) in self.budgets:
            self._wrong("budgets", f"budget {budget_id} of {funder} was opened a second time")
        if not signer or not total or end <= self.now.time:
            self._wrong("budgets", f"budget {budget_id} was opened for {total} fen until {end}, signer {signer:#042x}")
        self.budgets[funder, budget_id] = Budget(total, total, f"{signer:#042x}", end)

    # --- orders ---

    def _on_OrderPaid(self, log: Log) -> None:
        order_id, data = log["topics"][1], bytes.fromhex(log["data"][2:])
        order, expiry = read_order(data)
        self.paid += 1
        for told in self._wrong_terms(log, data, order, expiry):
            self._wrong("orders", f"order {order_id} {told}")
        for place, part in enumerate(order.parts):
            price = order.own + sum(one.value for one in order.parts[: place + 1])
            self._spend(order_id, order, part, price)
        self.money.explain(self._moved(order), f"order {order_id}")
        if order.own == 0:
            self._check_standing(order_id, order.payer)
        self.orders.put(bytes.fromhex(order_id[2:]), order.packed())

    def _wrong_terms(self, log: Log, data: bytes, order: Order, expiry: int) -> Iterator[str]:
        own_id = typed(self._separator, _ORDER + data[:224] + keccak(data[288:]))
        if log["topics"][1] != "0x" + own_id.hex():
            yield f"is not the hash of its terms (0x{own_id.hex()})"
        if (address_in(log["topics"][2]), address_in(log["topics"][3])) != (order.payer, order.merchant):
            yield "names a payer or merchant that its terms do not"
        if self.now.time >= expiry:
            yield f"was paid after its expiry at {expiry}"
        if bytes.fromhex(log["topics"][1][2:]) in self.orders:
            yield "was paid a second time"
        yield from order.broken_rules(self.address)

    def _spend(self, order_id: str, order: Order, part: Part, price: int) -> None:
        """Take a part out of its budget. `price`: the order's before the part [fen]."""
        if price < part.minimum_spend:
            self._wrong(
                "budgets", f"order {order_id} of {price} fen is below the minimum of {part.minimum_spend} of its part"
            )
        if part.funder == self.vouchers.address:
            self.vouchers.ordered(part, payer=order.payer, merchant=order.merchant)
            return
        budget = self.budgets.get((part.funder, part.budget))
        if budget is None:
            self._wrong("budgets", f"order {order_id} took {part.value} fen of {part.budget}, which is not open")
            return
        budget.left -= part.value
        if budget.left < 0:
            self._wrong("budgets", f"budget {part.budget} of {budget.total} fen is {-budget.left} fen below zero")
        if self.now.time >= budget.end:
            self._wrong("budgets", f"budget {part.budget} paid {part.value} fen after its end at {budget.end}")

    def _moved(self, order: Order) -> list[Movement]:
        """Return what the token must have moved, in its order."""
        own = [Movement("payment", order.payer, self.address, order.own)] if order.own else []
        parts = [Movement("payment", part.funder, order.merchant, part.value) for part in order.parts]
        on = [Movement("payment", self.address, order.merchant, order.own)] if order.own else []
        return own + parts + on

    def _check_standing(self, order_id: str, payer: str) -> None:
        account = self.ledger.account(payer)
        if account.tier == NOT_REGISTERED or account.frozen:
            self._wrong("standing", f"order {order_id} was paid for {payer}, who is frozen or not registered")

    # --- refunds ---

    def _on_OrderRefunded(self, log: Log) -> None:
        order_id = log["topics"][1]
        number, signer, value, own, _, count, *rest = words(log["data"])
        shares = rest[:count]
        self.refunds += 1
        order = self.order(order_id)
        if order is None:
            self._wrong("orders", f"{value} fen were refunded of order {order_id}, which was not paid")
            return
        for told in self._wrong_refund(log, order, number, value):
            self._wrong("orders", f"order {order_id} {told}")
        due = order.cut(value)
        if (own, shares) != due or sum(shares) + own != value:
            self._wrong("orders", f"refund {number} of order {order_id} gave {own} and {shares}; its order gives {due}")
        self._check_signer(order, f"0x{signer:040x}", value)
        order.give_back(own, shares)
        self.orders.put(bytes.fromhex(order_id[2:]), order.packed())
        self.money.announce(self._returned(order, value, own, shares), f"refund {number} of order {order_id}")

    def _wrong_refund(self, log: Log, order: Order, number: int, value: int) -> Iterator[str]:
        if (address_in(log["topics"][2]), address_in(log["topics"][3])) != (order.payer, order.merchant):
            yield "was refunded to or by somebody else than its payer and merchant"
        if number != order.refunds:
            yield f"has a refund {number} where {order.refunds} is next"
        if value == 0 or order.returned + value > order.amount:
            yield f"of {order.amount} fen was refunded {order.returned + value}"

    def _check_signer(self, order: Order, signer: str, value: int) -> None:
        if signer == order.merchant:
            return
        cashier, today = self.cashiers.setdefault((order.merchant, signer), Cashier()), day_of(self.now.time)
        if cashier.day != today:
            cashier.refunded_today, cashier.day = 0, today
        cashier.refunded_today += value
        if cashier.refunded_today > cashier.cap:
            told = f"{signer} refunded {cashier.refunded_today} fen in a day for {order.merchant}"
            self._wrong("orders", f"{told}, and may {cashier.cap}")

    def _returned(self, order: Order, value: int, own: int, shares: list[int]) -> list[Movement]:
        """Return what the token must move, in its order; and tell the vouchers and budgets what comes back."""
        moves = [Movement("payment", order.merchant, self.address, value)]
        if own:
            moves.append(Movement("return", self.address, order.payer, own))
        for part, share in zip(order.parts, shares, strict=False):
            if not share:
                continue
            if part.funder == self.vouchers.address:
                moves += self.vouchers.given_back(part.budget, order.payer, share)
                continue
            moves.append(Movement("return", self.address, part.funder, share))
            budget = self.budgets.get((part.funder, part.budget))
            if budget is not None:
                budget.left += share
                if budget.left > budget.total:
                    self._wrong("budgets", f"budget {part.budget} of {budget.total} fen got back up to {budget.left}")
        return moves

    def _on_CashierSet(self, log: Log) -> None:
        key = address_in(log["topics"][1]), address_in(log["topics"][2])
        cap, number = words(log["data"])
        cashier = self.cashiers.setdefault(key, Cashier())
        if number != cashier.number:
            self._wrong(
                "orders", f"the cashier {key[1]} of {key[0]} has an act {number} where {cashier.number} is next"
            )
        cashier.cap, cashier.number = cap, number + 1

    def _on_EIP712DomainChanged(self, log: Log) -> None:
        """Pass over an event that the checkout inherits and never emits."""

    def _on_unknown(self, log: Log) -> None:
        topic = log["topics"][0] if log["topics"] else "none"
        self._wrong("code", f"the checkout emitted an event that its published code does not have (topic {topic})")
