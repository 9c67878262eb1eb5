"""A merchant's day: what it held, what customers paid, what went back to them, and what it held at the day's end."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from pswallet.kit.money import Fen
from pswallet.payments.rules import SYSTEM_TIER
from pswallet.payments.service.activity import Period
from pswallet.payments.service.customers import has_paid

FEE = Fen(0)
"""Nobody takes one yet; it stands in the report so that its shape stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The sums of a day [fen]: opening + sales - refunds - fees + deposits - payouts = closing.

    A payment back to somebody who had paid the merchant before is a refund, as is what goes back through the checkout;
    one to somebody who has only helped others to pay is none.
    What comes from the bank or another contract (a red packet, money back from an order that the merchant had paid
    itself) is a deposit, what goes there or to anybody else a payout. A funded order is one sale, however many helped
    to pay it.
    """

    opening_fen: Fen
    sales_fen: Fen
    sales: int
    refunds_fen: Fen
    refunds: int
    fees_fen: Fen
    deposits_fen: Fen
    payouts_fen: Fen
    closing_fen: Fen

    @property
    def net_fen(self) -> Fen:
        """What the day's trade brought."""
        return Fen(self.sales_fen - self.refunds_fen - self.fees_fen)

    @property
    def difference_fen(self) -> Fen:
        """How far closing is from what the sums give: 0, as long as the rows are the chain's."""
        expected = self.opening_fen + self.net_fen + self.deposits_fen - self.payouts_fen
        return Fen(self.closing_fen - expected)


# Opening and closing are read off the balances that the entries left, the others are summed up: they check each other.
# One statement, so that a block which arrives meanwhile is in all of them or in none.
_SETTLEMENT = text(
    f"""
    WITH moved AS (
        SELECT e.delta_fen, e.counterparty, CASE
            WHEN e.counterparty = :checkout AND EXISTS (
                SELECT FROM checkout_payments c WHERE c.block = e.block AND c.log_index > e.log_index
                AND c.merchant = e.account AND c.own_fen = e.delta_fen
            ) THEN 'sale'
            WHEN e.counterparty = :voucher AND EXISTS (
                SELECT FROM checkout_payments c JOIN checkout_parts p ON p.hash = c.hash
                WHERE c.block = e.block AND c.log_index > e.log_index
                AND c.merchant = e.account AND p.funder = :voucher AND p.value_fen = e.delta_fen
            ) THEN 'sale'
            WHEN e.counterparty = :checkout AND EXISTS (
                SELECT FROM checkout_refunds r WHERE r.block = e.block AND r.log_index < e.log_index
                AND r.merchant = e.account AND r.value_fen = -e.delta_fen
            ) THEN 'refund'
            WHEN e.kind <> 'transfer' OR EXISTS (
                SELECT 1 FROM account_tiers t WHERE t.address = e.counterparty AND t.tier = :system
            ) THEN CASE WHEN e.delta_fen > 0 THEN 'deposit' ELSE 'payout' END
            WHEN e.delta_fen > 0 THEN 'sale'
            WHEN {has_paid("e")} THEN 'refund'
            ELSE 'payout' END AS side
        FROM entries e WHERE e.account = :account AND e.at >= :start AND e.at < :end
    ), funded AS (
        SELECT count(DISTINCT c.hash) AS orders, count(*) FILTER (WHERE p.funder <> :voucher) AS budgets
        FROM checkout_payments c JOIN checkout_parts p ON p.hash = c.hash
        WHERE c.merchant = :account AND c.at >= :start AND c.at < :end
    )
    SELECT
        COALESCE((SELECT balance_after_fen FROM entries WHERE account = :account AND at < :start
            ORDER BY block DESC, log_index DESC, leg DESC LIMIT 1), 0) AS opening,
        COALESCE((SELECT balance_after_fen FROM entries WHERE account = :account AND at < :end
            ORDER BY block DESC, log_index DESC, leg DESC LIMIT 1), 0) AS closing,
        COALESCE(sum(delta_fen) FILTER (WHERE side = 'sale'), 0) AS sales_fen,
        count(*) FILTER (WHERE side = 'sale' AND counterparty NOT IN (:checkout, :voucher))
            - (SELECT budgets FROM funded) + (SELECT orders FROM funded) AS sales,
        COALESCE(-sum(delta_fen) FILTER (WHERE side = 'refund'), 0) AS refunds_fen,
        count(*) FILTER (WHERE side = 'refund') AS refunds,
        COALESCE(sum(delta_fen) FILTER (WHERE side = 'deposit'), 0) AS deposits_fen,
        COALESCE(-sum(delta_fen) FILTER (WHERE side = 'payout'), 0) AS payouts_fen
    FROM moved
    """  # noqa: S608 - our own names
)


def settlement(session: Session, address: str, *, period: Period, checkout: str, voucher: str) -> Settlement:
    """Return the settlement of a merchant's `address` over `period`, by the block times of what moved.

    `checkout`, `voucher`: the contracts through which funded orders are paid and refunded.
    """
    asked = {
        "account": address,
        "start": period.start,
        "end": period.end,
        "system": SYSTEM_TIER,
        "checkout": checkout,
        "voucher": voucher,
    }
    found = session.execute(_SETTLEMENT, asked).one()
    return Settlement(
        opening_fen=Fen(found.opening),
        sales_fen=Fen(int(found.sales_fen)),
        sales=found.sales,
        refunds_fen=Fen(int(found.refunds_fen)),
        refunds=found.refunds,
        fees_fen=FEE,
        deposits_fen=Fen(int(found.deposits_fen)),
        payouts_fen=Fen(int(found.payouts_fen)),
        closing_fen=Fen(found.closing),
    )
