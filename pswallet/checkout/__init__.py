"""Funded orders: others' counted money in people's purchases, and each fen of a refund back to whose it was.

What: budgets as their funders signed them, permits, a merchant's cashiers, the orders that were paid with parts of
budgets and vouchers, and their refunds.
Invariant: a paid order moved exactly its amount to its merchant; refunds never exceed it; no budget pays more than it
holds; the checkout itself holds nothing.
Contract: MerchantCheckout. Owner of status: the projection; intake rows only say what people asked for.
"""
