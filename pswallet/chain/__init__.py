"""The chain's edge: typed data, events, the outbox, and the relayer and indexer that carry calls down and facts up.

Features import `signing`, `events`, `outbox` and `abi` alone; everything else is for cli, api.app and audit.
"""
