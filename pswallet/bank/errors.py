"""What can be wrong with a bank entry beyond the token's own Problems (those live in accounts.errors)."""

from pswallet.kit.problems import Problem


class BankEntryConflict(Problem):
    """The entry was recorded before with another account or another amount."""

    status = 409
    title = "This bank entry was recorded differently before"


class BankTotalTooLarge(Problem):
    """All entries together would be more than a reserve can state: 2^63 - 1 fen."""

    status = 409
    title = "All bank entries together would pass what a reserve can state"


class BankEntryUnknown(Problem):
    """No bank entry of that name for this account."""

    status = 404
    title = "There is no such bank entry"
