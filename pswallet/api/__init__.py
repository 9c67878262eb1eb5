"""The edge towards people: HTTP shapes, sessions, idempotency, limits. Decides nothing about money; it commits."""
