"""What can be wrong with a campaign or a voucher: first the contract's errors by name, then the gateway's own."""

from pswallet.kit.problems import Problem


class BudgetNotDivisible(Problem):
    """The budget is no multiple of the face, or one of them, or the number a person, is zero."""

    status = 422
    title = "The campaign's budget cannot be cut into its vouchers"


class CampaignDatesInvalid(Problem):
    """The end is past, or not after the start, or more than 400 days away."""

    status = 422
    title = "The campaign's dates do not fit"


class CampaignIncomplete(Problem):
    """The campaign has no issuer, or no list of shops."""

    status = 422
    title = "The campaign lacks its issuer or its shops"


class CampaignNotOpen(Problem):
    """The campaign's money is not on the chain yet, or went back already."""

    status = 409
    title = "This campaign is not open"


class CampaignNotStarted(Problem):
    """Vouchers are spent from the campaign's start on."""

    status = 409
    title = "These vouchers cannot be spent yet"


class CampaignEnded(Problem):
    """Nothing is given or spent from the campaign's end on."""

    status = 409
    title = "This campaign has ended"


class CampaignNotEnded(Problem):
    """The rest goes back to the sponsor from the campaign's end on."""

    status = 409
    title = "This campaign has not ended yet"


class IssuerSignatureInvalid(Problem):
    """The campaign's issuer did not sign this list of winners."""

    status = 422
    title = "The campaign's issuer did not sign this list"


class NotAWinner(Problem):
    """The account is on no list of the campaign that is on the chain."""

    status = 403
    title = "There is no voucher of this campaign for you"


class VouchersAlreadyIssued(Problem):
    """The account has had its vouchers, or they are on their way."""

    status = 409
    title = "You have had your vouchers of this campaign"


class VoucherLimitExceeded(Problem):
    """The account would have more vouchers than the campaign gives one person."""

    status = 409
    title = "These are more vouchers than one person may have"


class CampaignExhausted(Problem):
    """What is not issued or promised of the budget does not reach."""

    status = 409
    title = "All vouchers of this campaign are given"


class VoucherBalanceTooLow(Problem):
    """The account has less of these vouchers than it would spend."""

    status = 409
    title = "You have not so much left of these vouchers"


class VoucherNotDivisible(Problem):
    """A voucher of this campaign is spent whole."""

    status = 409
    title = "This voucher can only be spent whole"


class MerchantNotAllowed(Problem):
    """The merchant is not on the campaign's list with that category."""

    status = 403
    title = "This shop does not take these vouchers"


class MinimumSpendNotMet(Problem):
    """The order's price before this part is below the part's minimum."""

    status = 409
    title = "The order is below the minimum for this voucher"


class NotTheCheckout(Problem):
    """Only the checkout may have vouchers spent or restored."""

    status = 403
    title = "Vouchers are spent through the checkout only"


# --- the gateway's own ------------------------------------------------------


class CampaignUnknown(Problem):
    """No campaign of that id."""

    status = 404
    title = "There is no such campaign"


class NotASponsor(Problem):
    """The account has not a sponsor's tier."""

    status = 403
    title = "Only a sponsor opens campaigns"


class IssuerUnknown(Problem):
    """The terms name another issuer than this gateway's, which alone signs lists here."""

    status = 422
    title = "The campaign names another issuer than this gateway"


class ShopListMismatch(Problem):
    """The shops' Merkle root is not the signed one, a shop is on the list twice, or no list of that root is known."""

    status = 422
    title = "The list of shops does not match the campaign's terms"


class WinnerListInvalid(Problem):
    """The list names an account twice, nobody, or a count of zero."""

    status = 422
    title = "The list of winners is not well formed"
