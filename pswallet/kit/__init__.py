"""Small tools that know nothing of wallets: money, ids, clock, problems, db, vault. Imports nothing else of ours."""
