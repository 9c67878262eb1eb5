"""The bank: money that arrived there, issued once; and the attested reserve that issuing rests on.

Invariant: each bank entry is minted at most once; no call to mint is made above a fresh attestation.
Contract: Stablecoin (`mintMany`, `attestReserve`). Owner of status: the projection of Minted and CallRefused.
"""
