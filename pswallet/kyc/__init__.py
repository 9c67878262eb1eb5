"""Kyc: whether a person is who they say, and which tier that proof gives.

Invariant: one identity document serves one account; a tier asked for is the highest that the proofs allow.
Contract: `Stablecoin.setTiers`, asked for through accounts. Owner of status: the chain's TierSet.
"""
