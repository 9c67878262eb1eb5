"""Merchants: who sells, where, at which till, who acts for them; the codes that a till shows or scans.

Invariant: one business, one account, one address; what happened to a merchant is told to each of its endpoints at
least once, under an id that never changes; a payment code is taken once, and a code's text is believed neither in a
name nor in an amount.
Contract: `Stablecoin.setTiers`, asked for through accounts. Owner of status: the chain's TierSet; of stores, staff,
keys, endpoints and codes `service`, for nothing of them is on the chain.
"""
