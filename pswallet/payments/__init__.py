"""Payments: money from one person to another, asked for or not, and everybody's own list of what moved.

What: transfers by signed authorization (ERC-3009), requests and AA splits (AA收款), activity with its running balance.
Invariant: a balance is the sum of an address's entries and equals the token's `balanceOf`; no money moves without its
owner's signature.
Contract: Stablecoin. Owner of status: the projection of Transfer, AuthorizationUsed and CallRefused.
"""
