"""What can be wrong with an offer, a basket or a quote."""

from pswallet.kit.problems import Problem


class MerchantRequired(Problem):
    """The chain gave the account no merchant's tier (5), and for an offer no sponsor's (6) either."""

    status = 403
    title = "Only a merchant may do this"


class OfferUnknown(Problem):
    """No offer of that id, or none that the account may change."""

    status = 404
    title = "There is no such offer"


class OfferTermsInvalid(Problem):
    """A term does not fit the offer's kind, layer or owner; `field` names it."""

    status = 422
    title = "These terms make no offer"


class OfferNotBegun(Problem):
    """The offer's first second is still to come."""

    status = 409
    title = "This offer has not begun"


class OfferExpired(Problem):
    """The offer has ended, or its owner has withdrawn it."""

    status = 409
    title = "This offer has ended"


class OfferExhausted(Problem):
    """What is left of the offer's budget or uses is less than it would give."""

    status = 409
    title = "This offer is used up"


class OfferCapReached(Problem):
    """The payer, or the day, has had as many of this offer as one may."""

    status = 409
    title = "This offer has been used as often as it may"


class OfferOfAnotherMerchant(Problem):
    """The offer is not for this basket's merchant."""

    status = 409
    title = "This offer is another merchant's"


class OffersNotCombinable(Problem):
    """Two of the named offers are of one layer, or one excludes the other's."""

    status = 409
    title = "These offers do not go together"


class OfferNotApplicable(Problem):
    """It gives this basket nothing: minimum spend, member tier, items, or nothing held of it."""

    status = 409
    title = "This offer gives nothing here"


class OffersTooMany(Problem):
    """More than 16 offers fit the basket; name those that are wanted."""

    status = 409
    title = "Too many offers fit; choose some"


class BasketUnknown(Problem):
    """No basket of that id."""

    status = 404
    title = "There is no such basket"


class BasketTooLarge(Problem):
    """A basket costs at most 2^48 - 1 fen."""

    status = 422
    title = "This basket costs too much"


class PriceMismatch(Problem):
    """The price that the payer was shown is not the merchant's; `price_fen` is."""

    status = 409
    title = "The price is not the merchant's"


class QuoteUnknown(Problem):
    """No quote of that id that concerns this account."""

    status = 404
    title = "There is no such quote"


class QuoteExpired(Problem):
    """The quote's five minutes are over, or it was cancelled: its offers are free again."""

    status = 409
    title = "This quote has expired"


class QuoteAlreadyUsed(Problem):
    """An order was paid with the quote, or is being paid."""

    status = 409
    title = "This quote has been used"


class QuoteStillOpen(Problem):
    """The payer has a quote on this basket already; `id` names it."""

    status = 409
    title = "You have a quote for this basket already"


class QuotesTooMany(Problem):
    """The payer has five quotes open; each holds budgets that others would like to use."""

    status = 409
    title = "You have too many quotes open"
