"""Notifications: what happened to an address, for its owner's stream of events.

Invariant: each notice is a fact of the chain, written in the transaction of the rows it tells of; never personal data.
Contract: none of its own. Owner of status: the projections that write it.
"""
