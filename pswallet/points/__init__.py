"""Points: a thank-you for purchases, counted in lots that end; spent on purchases and rewards, never sold or sent on.

What: earning by paid orders, clawing back by refunds, holds for quotes, tiers by growth, rewards, the daily Merkle-sum
root and each person's proof of being in it.
Invariant: issued = free + held + spent + redeemed + expired + clawed back, for each person; nothing is earned before
the chain says that an order is paid; a root's total counts everybody's points, and nobody's below zero.
Contract: Anchor (one root a day). Owner of status: the projection of paid and refunded orders; `service` for holds and
redemptions, which never go on chain and outlive a rebuild; lots, debts and expiry follow from both (`rules.ledger`).
"""
