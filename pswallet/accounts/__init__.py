"""Accounts: who holds an address, how they prove it, which sessions they have, and the standing the chain gives them.

Invariant: one phone, one address and one account belong together; a tier or a freeze holds once its event is seen.
Contract: `Stablecoin` (tiers and freezes). Owner of status: the chain, through `projection`.
"""
