"""Notifications: what happened to an address, for its owner's stream of events.

Invariant: a notice is written in the transaction of the rows it tells of; never personal data. Most are facts of the
chain, which a rebuild writes anew; what never goes there (being asked to pay) has a table that no rebuild touches.
Contract: none of its own. Owner of status: the projections that write it, and the service that took the request in.
"""
