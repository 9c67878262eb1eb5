"""Merchants: who they are, their tills, and the codes that a till shows or scans.

Invariant: a payment code is taken once; a code's text is believed neither in a name nor in an amount.
Contract: none of its own. Owner of status: `service`, for nothing of it is on the chain.
"""
