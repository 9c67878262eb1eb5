"""A shop's till in the terminal (`pswallet pos`): it rings up, is paid, gives back, and closes a day that balances.

Promises: each act stands in a journal on the disk before it is asked for, and is asked for under one number however
often: a till that was killed, or lost an answer, goes on where it was and nothing is doubled. With a node of the shop's
own it believes no gateway that an order is paid. It stands on the client and on `receipt`; it writes no table.
"""
