"""What can go wrong when people ask for their data, or to be erased."""

from pswallet.kit.problems import Problem


class FreshSignInRequired(Problem):
    """The session is older than 10 minutes: a stolen token alone must not read who its owner is."""

    status = 403
    title = "Sign in again first"


class ErasureBlocked(Problem):
    """Something must be done first; `reasons` names each, with `balance_fen` and what is still open."""

    status = 409
    title = "Something must be done before the account can be erased"


class StillRegistered(Problem):
    """Only whom the chain has taken the registration back from can be erased again: an erasure does."""

    status = 409
    title = "The chain holds the registration of this account"


class RetentionKeyMissing(Problem):
    """The law keeps this person's record, and the gateway has no key to lock it away with."""

    status = 503
    title = "Accounts cannot be erased here at the moment"
