"""What can be wrong with a merchant, its keys and webhooks, or a code that a till shows or scans (`rules.flaws`)."""

from pswallet.kit.problems import Problem

# --- scanned texts ------------------------------------------------------------


class CodeUnreadable(Problem):
    """Neither a merchant's code, nor a customer's, nor a row of digits of a network that we know."""

    status = 422
    title = "This is no payment code"


class CodeLengthWrong(Problem):
    """A field is longer or shorter than its length says; `at` names it."""

    status = 422
    title = "A part of the code has another length than it says"


class CodeTagRepeated(Problem):
    """A tag stands twice; `at` names it."""

    status = 422
    title = "A part of the code stands in it twice"


class CodeFormatNotFirst(Problem):
    """The code does not begin with its format: tag 00, or 85 of a customer's."""

    status = 422
    title = "The code does not begin with its format"


class CodeChecksumNotLast(Problem):
    """The code does not end with its checksum, tag 63."""

    status = 422
    title = "The code does not end with its checksum"


class CodeChecksumWrong(Problem):
    """The checksum is not that of the text: it was damaged, or changed."""

    status = 422
    title = "The code's checksum is wrong; scan it again"


class CodeFieldMissing(Problem):
    """What every code of its kind has is not there; `at` names it."""

    status = 422
    title = "A part of the code is missing"


class CodeFieldInvalid(Problem):
    """A field is not of its form; `at` names it."""

    status = 422
    title = "A part of the code has not its form"


class CodeCurrencyUnknown(Problem):
    """Neither CNY (156), nor HKD (344), nor MOP (446)."""

    status = 422
    title = "The code asks for a currency that we do not know"


class CodeAmountTooPrecise(Problem):
    """The amount has more than two decimals."""

    status = 422
    title = "The code's amount has more than two decimals"


class CodeAmountNotPositive(Problem):
    """The amount is zero or less."""

    status = 422
    title = "The code's amount is not above zero"


class CodeIssuerUnknown(Problem):
    """No account in the code is of a network that we know."""

    status = 422
    title = "The code is of a network that we do not know"


class CodeSignatureInvalid(Problem):
    """A dynamic code that this gateway did not sign, or that was changed since."""

    status = 403
    title = "This code was not made by the gateway, or was changed"


class OrderCodeExpired(Problem):
    """At or past the dynamic code's expiry, two minutes after it was made."""

    status = 409
    title = "This order's code has expired; ask the till for a new one"


# --- payment codes --------------------------------------------------------------


class PaymentCodeMistyped(Problem):
    """The last digit does not check."""

    status = 422
    title = "A digit of the payment code is wrong"


class PaymentCodeForeign(Problem):
    """It looks like another network's payment code; `network` says whose."""

    status = 422
    title = "This looks like another network's payment code"


class PaymentCodeUnknown(Problem):
    """No device shows this code now: it is older than two minutes, or made up."""

    status = 404
    title = "This payment code is unknown or has expired"


class NotAMerchant(Problem):
    """The account has not the chain tier of merchants."""

    status = 403
    title = "This account is no merchant's"


class PaymentCodeUsed(Problem):
    """The code was taken before, for something else; the customer's wallet shows a new one."""

    status = 409
    title = "This payment code was used; ask for a new one"


class ReferenceTaken(Problem):
    """The merchant's number has taken another code, or another amount; a retry repeats all three."""

    status = 409
    title = "This reference has taken another payment code or amount"


class PaymentDeviceUnknown(Problem):
    """No device of that id belongs to this account."""

    status = 404
    title = "There is no such device"


class PaymentDevicesExhausted(Problem):
    """The account has 5 devices that show payment codes."""

    status = 409
    title = "One account has at most 5 devices that show payment codes"


class CodeLimitExceeded(Problem):
    """More than one person may pay in a day by codes of this kind and proof: `spent_fen` of `limit_fen`."""

    status = 409
    title = "Above the limit of a day for this kind of code"


# --- merchants ---


# --- the business ---------------------------------------------------------------


class CreditCodeInvalid(Problem):
    """Not a unified social credit code; `flaw` says whether form, body check or check character."""

    status = 422
    title = "This is not a valid unified social credit code"


class CreditCodeInUse(Problem):
    """The business is a merchant already."""

    status = 409
    title = "This business is a merchant already"


class BusinessMismatch(Problem):
    """The register knows no business of this name and code."""

    status = 403
    title = "Name and credit code of the business do not belong together"


class MerchantCategoryUnknown(Problem):
    """The category is none of those that shops here have."""

    status = 422
    title = "There is no such merchant category"


class MerchantRegistered(Problem):
    """One account is one merchant."""

    status = 409
    title = "This account is a merchant already"


class MerchantUnknown(Problem):
    """No merchant of that id for which the caller acts."""

    status = 404
    title = "There is no such merchant"


class MerchantLimitReached(Problem):
    """`of` says of what (stores, tills, staff, API keys, webhook endpoints), `limit` how many there may be."""

    status = 409
    title = "A merchant has no more of these"


# --- stores, tills, staff ---------------------------------------------------------


class StoreUnknown(Problem):
    """The merchant has no such store, or it is closed."""

    status = 404
    title = "There is no such store"


class TillUnknown(Problem):
    """The merchant has no such till, or it is closed."""

    status = 404
    title = "There is no such till"


class TillRegistered(Problem):
    """A till's number is the merchant's own and never given twice: orders name it."""

    status = 409
    title = "The merchant has or had a till of this number"


class StaffUnknown(Problem):
    """The account does not act for the merchant."""

    status = 404
    title = "This account does not act for the merchant"


class StaffRoleInsufficient(Problem):
    """The caller's role does not allow it; `needed` says which does."""

    status = 403
    title = "Your role at this merchant does not allow this"


class OwnerRoleFixed(Problem):
    """The account that is the merchant stays its owner, and there is no other."""

    status = 409
    title = "A merchant's owner stays its owner"


# --- API keys -----------------------------------------------------------------------


class ApiKeyInvalid(Problem):
    """The API key is unknown, expired or revoked."""

    status = 401
    title = "The API key is unknown, expired or revoked"


class ApiKeyUnknown(Problem):
    """The merchant has no such live API key."""

    status = 404
    title = "There is no such API key"


class ApiKeyScopeMissing(Problem):
    """The API key was not given the `scope` that this takes; null: it takes a person."""

    status = 403
    title = "This API key may not do this"


# --- webhooks -----------------------------------------------------------------------


class WebhookUrlInvalid(Problem):
    """Not an https URL of a public host; `flaw` says what is wrong."""

    status = 422
    title = "No webhook can go to this URL"


class WebhookEndpointUnknown(Problem):
    """The merchant has no such webhook endpoint."""

    status = 404
    title = "There is no such webhook endpoint"


class WebhookDeliveryUnknown(Problem):
    """The endpoint has no such delivery."""

    status = 404
    title = "There is no such webhook delivery"
