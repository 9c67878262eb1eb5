"""Decisions about offers inside a session: nothing here commits, and nothing says that money has moved."""

from pswallet.offers.service.baskets import BasketView, RingUp, ring_up
from pswallet.offers.service.offers import (
    Caps,
    MakeOffer,
    OfferPage,
    OfferView,
    create_offer,
    find_offer,
    offers_of,
    offers_open,
    withdraw_offer,
)
from pswallet.offers.service.quotes import (
    MAX_OPEN,
    QUOTE_FOR,
    AskQuote,
    cancel_quote,
    commit_quote,
    means_of,
    quote,
    release_expired,
    release_order,
)
from pswallet.offers.service.reading import Funding, QuotePage, QuoteView, find_quote, quotes_asked, quotes_given

__all__ = [
    "MAX_OPEN",
    "QUOTE_FOR",
    "AskQuote",
    "BasketView",
    "Caps",
    "Funding",
    "MakeOffer",
    "OfferPage",
    "OfferView",
    "QuotePage",
    "QuoteView",
    "RingUp",
    "cancel_quote",
    "commit_quote",
    "create_offer",
    "find_offer",
    "find_quote",
    "means_of",
    "offers_of",
    "offers_open",
    "quote",
    "quotes_asked",
    "quotes_given",
    "release_expired",
    "release_order",
    "ring_up",
    "withdraw_offer",
]
