"""Holds the books of orders, budgets, vouchers and roots against the state that their contracts give."""

from collections.abc import Iterator, Sequence

from pswallet.audit.anchors import Anchors
from pswallet.audit.checkout import Budget, Cashier, Checkout
from pswallet.audit.decode import selector, words
from pswallet.audit.node import Node
from pswallet.audit.orders import Order
from pswallet.audit.report import Findings
from pswallet.audit.state import Contracts, some, word_of
from pswallet.audit.vouchers import Campaign, Holding, Vouchers

NO_ORDER = (0, 0, 0, 0, 0, 0)
"""The state of an order that was not paid."""
CampaignPlace = tuple[str, str]
"""A campaign, and an account where it is about what that has of it."""


def order_call(order: str) -> str:
    """Return the call that reads an order's slot."""
    return selector("MerchantCheckout", "stateOf") + order[2:]


def campaign_call(campaign: str, account: str = "") -> str:
    """Return the call that reads a campaign's money, or what an account has of it."""
    if account:
        return selector("CityVoucher", "holdingOf") + campaign[2:] + word_of(account)
    return selector("CityVoucher", "stateOf") + campaign[2:]


def campaign_book(vouchers: Vouchers, campaign: str, account: str = "") -> tuple[int, int]:
    """Return what the logs make of what `campaign_call` reads."""
    if account:
        holding = vouchers.holdings.get((campaign, account), Holding())
        return holding.left, holding.count
    found: Campaign | None = vouchers.campaigns.get(campaign)
    return (found.unissued, found.open) if found else (0, 0)


class ShopState:
    """Compares every order, budget, cashier, campaign, holding and root at `block`."""

    def __init__(self, findings: Findings, node: Node, contracts: Contracts, block: int) -> None:
        self._findings, self._node, self._contracts, self._block = findings, node, contracts, block

    def run(self, checkout: Checkout, vouchers: Vouchers, anchors: Anchors) -> tuple[list[str], list[CampaignPlace]]:
        """Compare everything; return the orders, and the campaigns and holdings, that differ."""
        self._check_budgets(checkout.budgets)
        self._check_cashiers(checkout.cashiers)
        self._check_roots(anchors)
        return self._differing_orders(checkout), self._differing_vouchers(vouchers)

    def _check_budgets(self, budgets: dict[tuple[str, str], Budget]) -> None:
        ask = selector("MerchantCheckout", "budgetOf")
        calls = [ask + word_of(funder) + budget[2:] for funder, budget in budgets]
        answers = self._answers("budgets", self._contracts.checkout, calls, 3)
        for ((funder, budget), book), found in zip(budgets.items(), answers, strict=True):
            if found != [book.left, int(book.signer, 16), book.end]:
                told = f"budget {budget} of {funder} has {found[0]} fen left until {found[2]}"
                self._wrong("budgets", f"{told}; the logs say {book.left} until {book.end}")

    def _check_cashiers(self, cashiers: dict[tuple[str, str], Cashier]) -> None:
        ask = selector("MerchantCheckout", "cashierOf")
        calls = [ask + word_of(merchant) + word_of(cashier) for merchant, cashier in cashiers]
        answers = self._answers("orders", self._contracts.checkout, calls, 4)
        for ((merchant, cashier), book), found in zip(cashiers.items(), answers, strict=True):
            due = [book.cap, book.refunded_today, book.day, book.number]
            if found != due:
                self._wrong("orders", f"the cashier {cashier} of {merchant} is {found}; the logs say {due}")

    def _check_roots(self, anchors: Anchors) -> None:
        ask = selector("Anchor", "rootOf")
        calls = [f"{ask}{subject[2:]}{day:064x}" for subject, day in anchors.roots]
        answers = self._answers("anchors", self._contracts.anchor, calls, 1)
        for ((subject, day), root), found in zip(anchors.roots.items(), answers, strict=True):
            if found != [int(root.root, 16)]:
                told = f"the anchor keeps {found[0]:#066x} for the day {day} of {subject}"
                self._findings.add("anchors", f"{told}; it said {root.root}", root.block, root.transaction)

    def _differing_orders(self, checkout: Checkout) -> list[str]:
        differing = []
        for kept in some(checkout.orders):
            calls = [order_call("0x" + order.hex()) for order, _ in kept]
            answers = self._answers("orders", self._contracts.checkout, calls, len(NO_ORDER))
            for (order, book), found in zip(kept, answers, strict=True):
                if tuple(found) != Order.unpacked(book).state():
                    differing.append("0x" + order.hex())
        return differing

    def _differing_vouchers(self, vouchers: Vouchers) -> list[CampaignPlace]:
        places = [*((campaign, "") for campaign in vouchers.campaigns), *vouchers.holdings]
        calls = [campaign_call(campaign, account) for campaign, account in places]
        differing = []
        answers = self._answers("vouchers", self._contracts.voucher, calls, 2)
        for (campaign, account), found in zip(places, answers, strict=True):
            if tuple(found) != campaign_book(vouchers, campaign, account):
                differing.append((campaign, account))
        return differing

    def _answers(self, check: str, contract: str, calls: Sequence[str], size: int) -> Iterator[list[int]]:
        """Yield the words that each call answers; `size`: how many each."""
        self._findings.looked_at(check, len(calls))
        for part in some(calls):
            for answer in self._node.read_all(contract, part, self._block, words=size):
                yield words(answer)

    def _wrong(self, check: str, message: str) -> None:
        self._findings.add(check, message, self._block)
