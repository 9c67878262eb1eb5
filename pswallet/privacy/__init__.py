"""Privacy: what we hold of a person, shown to that person, and erased when the person leaves.

Invariant: every table is in the catalogue; an erased person's seals open for nobody, and nobody else's row has changed.
Contract: none of its own; the chain takes an erased account's registration back.
Owner of status: `erasure`, once; what the law keeps is locked away until its date, then `retention` destroys it.
"""
