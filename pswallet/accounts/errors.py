"""What can go wrong with accounts, sign-in and the token. The token's carry its Solidity errors' names."""

from pswallet.kit.problems import Problem

# --- phones and codes ---------------------------------------------------------


class PhoneInvalid(Problem):
    """Not a mobile number that can exist in mainland China, Hong Kong, Macau, or elsewhere (E.164)."""

    status = 422
    title = "This is not a valid mobile number"


class CodeRequestedTooSoon(Problem):
    """Less than 60 s since the last code to this phone."""

    status = 429
    title = "A code was sent less than a minute ago"


class CodesExhausted(Problem):
    """Ten codes were sent to this phone within 24 hours."""

    status = 429
    title = "Too many codes were sent to this phone today"


class CodeInvalid(Problem):
    """Wrong, used, or never sent. `tries_left` says how many tries remain."""

    status = 403
    title = "The code is wrong"
    keeps_writes = True  # the wrong try counts


class CodeExpired(Problem):
    """Older than 5 minutes."""

    status = 403
    title = "The code is older than five minutes"


class CodeTriesExhausted(Problem):
    """Five wrong tries; ask for another code."""

    status = 403
    title = "Too many wrong tries; ask for another code"


class PhoneRegistered(Problem):
    """The phone belongs to another account."""

    status = 409
    title = "This phone belongs to an account already"


class AddressRegistered(Problem):
    """The address belongs to another account."""

    status = 409
    title = "This address belongs to an account already"


class PersonUnknown(Problem):
    """Nobody registered with this phone."""

    status = 404
    title = "Nobody has registered with this phone"


# --- sign-in and sessions -----------------------------------------------------


class MessageMalformed(Problem):
    """Not an EIP-4361 message (Sign-In with Ethereum)."""

    status = 422
    title = "This is not an EIP-4361 message"


class MessageRefused(Problem):
    """For another domain or chain, expired, or not valid yet; `reasons` says which."""

    status = 403
    title = "The sign-in message is not for here and now"


class NonceUnknown(Problem):
    """Never given, used before, or older than 10 minutes."""

    status = 403
    title = "The sign-in nonce is unknown, used or expired"


class SessionMissing(Problem):
    """No `Authorization: Bearer <token>` header."""

    status = 401
    title = "Sign in first"


class SessionInvalid(Problem):
    """The token is unknown, expired or revoked."""

    status = 401
    title = "The session is unknown, expired or revoked"


class SessionUnknown(Problem):
    """No such session of this account."""

    status = 404
    title = "You have no such session"


class AccountUnknown(Problem):
    """No account holds this address."""

    status = 404
    title = "No account holds this address"


# --- the token: names of IStablecoin.sol --------------------------------------


class AccountNotRegistered(Problem):
    """An account of chain tier 0: it neither sends nor receives, or its tier event has not been seen yet."""

    status = 409
    title = "This account is not registered on the chain yet"


class AccountIsFrozen(Problem):
    """A frozen account cannot send."""

    status = 403
    title = "This account is frozen and cannot send"


class RecipientIsFrozen(Problem):
    """A frozen account receives only returns."""

    status = 409
    title = "The recipient is frozen and receives only returns"


class PaymentsPaused(Problem):
    """Payments are paused, for 72 hours at most; `until` says when the pause ends by itself."""

    status = 409
    title = "Payments are paused"


class ZeroAmount(Problem):
    """A payment of nothing."""

    status = 422
    title = "A payment of nothing"


class PaymentLimitExceeded(Problem):
    """Above what the payer's tier may send in one payment."""

    status = 409
    title = "Above the limit of one payment"


class DailyLimitExceeded(Problem):
    """Above what the payer's tier may send in a calendar day of Asia/Shanghai."""

    status = 409
    title = "Above the limit of a day"


class YearlyLimitExceeded(Problem):
    """Above what the payer's tier may send in a calendar year, or in its life (visitors)."""

    status = 409
    title = "Above the limit of a year, or of a visitor's life"


class StepUpRequired(Problem):
    """Above what one factor alone may spend in a day."""

    status = 403
    title = "This payment needs a second factor"


class BalanceLimitExceeded(Problem):
    """The recipient would hold more than its tier may."""

    status = 409
    title = "The recipient would hold more than its tier may"


class EntryAlreadyMinted(Problem):
    """The bank entry was minted before."""

    status = 409
    title = "This bank entry was issued before"


class ReserveExceeded(Problem):
    """Issuing would lift the supply above the attested reserve."""

    status = 409
    title = "Issuing would exceed the attested reserve"


class ReserveAttestationExpired(Problem):
    """The last attestation of the reserve is older than 25 hours."""

    status = 409
    title = "The reserve's attestation has expired"


class TierNotAssignable(Problem):
    """Not a tier from 1 to 6 with limits."""

    status = 422
    title = "This tier cannot be given"


class SystemAccount(Problem):
    """A SYSTEM contract can be neither frozen nor re-tiered."""

    status = 409
    title = "A SYSTEM contract can be neither frozen nor re-tiered"


class NotSystemAccount(Problem):
    """Only a SYSTEM contract may do this."""

    status = 403
    title = "Only a SYSTEM contract may do this"


class AccountHasNoCode(Problem):
    """A SYSTEM account must be a contract."""

    status = 409
    title = "A SYSTEM account must be a contract"


class SystemRecipient(Problem):
    """A SYSTEM contract takes money only through itself."""

    status = 409
    title = "This contract takes money only through itself"


class SuccessorInUse(Problem):
    """The successor has a tier or money of its own already."""

    status = 409
    title = "The successor account is in use"


class ValueTooLarge(Problem):
    """A value that does not fit its field."""

    status = 422
    title = "A value does not fit its field"


# --- the token: inherited errors, by our names (chain/reverts.py maps them) -----


class BalanceInsufficient(Problem):
    """The payer holds less than the payment."""

    status = 409
    title = "The balance does not suffice"


class AllowanceInsufficient(Problem):
    """The spender may not spend that much."""

    status = 409
    title = "The allowance does not suffice"


class SignatureInvalid(Problem):
    """The signature is not the account's over exactly this message, chain and contract."""

    status = 403
    title = "The signature does not match"


class AuthorizationAlreadyUsed(Problem):
    """The nonce was used or cancelled before."""

    status = 409
    title = "This authorization was used or cancelled before"


class AuthorizationExpired(Problem):
    """At or past `valid_before` by the chain's time."""

    status = 409
    title = "This authorization has expired"


class RecipientInvalid(Problem):
    """The zero address receives nothing."""

    status = 422
    title = "This address cannot receive money"


class RoleMissing(Problem):
    """The sending key does not hold the role that this act needs."""

    status = 403
    title = "The gateway's key may not do this"


class RoleDelayed(Problem):
    """The act must be announced before it is done."""

    status = 409
    title = "This act must be announced first"


class CallReverted(Problem):
    """The chain refused the call and gave no reason that we know."""

    status = 409
    title = "The chain refused this without a reason"
