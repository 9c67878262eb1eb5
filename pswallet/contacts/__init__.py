"""Contacts: a person's own groups of people (family, class), to split a bill with or to give a red packet to.

Invariant: only their owner reads them; name and members are one sealed text under the owner's key, and gone with it.
Contract: none of its own. Owner of status: `service`, for nothing of it is on the chain.
"""
