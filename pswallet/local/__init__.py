"""The one-machine set-up: an embedded PostgreSQL, Anvil, free ports and supervised child processes.

Production needs none of it: there PostgreSQL and the chain are URLs.
"""
