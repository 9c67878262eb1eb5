"""A person's wallet in the terminal (`pswallet wallet`): the key stays here in a keystore file; three languages.

It stands on the client alone: what it can do, any other program can do by the same operations.
"""
