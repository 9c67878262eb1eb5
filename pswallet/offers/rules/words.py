"""What people read of an offer and of each line of a price. English stands here, the rest in `locale/*/offers.po`.

The words come from the terms alone. No merchant writes any of them, so there is nothing to advertise with.
"""

from __future__ import annotations

from pswallet.kit.languages import ENGLISH, translated
from pswallet.kit.money import format_yuan
from pswallet.offers.rules.pricing import Line, Price
from pswallet.offers.rules.terms import Funder, Kind, Layer, Step, Terms

MEMBER_PRICE = "Member price"
DISCOUNT = "Pay {rate}"
STEP = "{less} off from {reach}"
REPEATED = "{less} off every {reach}"
INSTANT = "{less} off"
RANDOM = "{low} to {high} off, drawn"
VOUCHER = "Voucher, {less} off from {reach}"
POINTS = "Points, a fen each"
PACKET = "Restricted red packet"
CASHBACK = "Red packet after paying: {ladder}"
AT_MOST = "{offer}, at most {most}"
FROM = "{offer}, from {reach}"
LINE = "{offer}: {before} - {value} = {after} ({funder})"
LATER = "{offer}: {value} comes after the payment ({funder})"
PRICE = "Basket: {price}"
OWN = "You pay: {own}"
RULE = "Each minimum spend is tested on what the lines above it have left."
WHO = {
    Funder.MERCHANT: "from the merchant",
    Funder.PLATFORM: "from the platform",
    Funder.POINTS: "from your points",
    Funder.SPONSOR: "from the sponsor",
}
TEXTS = frozenset(
    {
        MEMBER_PRICE, DISCOUNT, STEP, REPEATED, INSTANT, RANDOM, VOUCHER, POINTS, PACKET, CASHBACK, AT_MOST, FROM,
        LINE, LATER, PRICE, OWN, RULE, *WHO.values(),
    }
)  # fmt: skip
"""Every English text."""


def offer_words(terms: Terms, language: str) -> str:
    """Return an offer in a line of `language`."""
    told = _kind_words(terms, language)
    if terms.minimum_spend:
        told = _say(FROM, language, offer=told, reach=format_yuan(terms.minimum_spend))
    if terms.at_most is not None:
        told = _say(AT_MOST, language, offer=told, most=format_yuan(terms.at_most))
    return told


def explained(price: Price, language: str) -> list[str]:
    """Return the price line by line in `language`: the basket, each offer, what is paid, and the rule of spends."""
    return [
        _say(PRICE, language, price=format_yuan(price.price)),
        *(line_words(line, language) for line in price.lines if line.off),
        _say(OWN, language, own=format_yuan(price.own)),
        *(line_words(line, language) for line in price.lines if not line.off),
        *([_say(RULE, language)] if price.lines else []),
    ]


def line_words(line: Line, language: str) -> str:
    """Return one offer's line in `language`, with its funder."""
    return _say(
        LATER if line.terms.layer is Layer.CASHBACK else LINE,
        language,
        offer=offer_words(line.terms, language),
        before=format_yuan(line.before),
        value=format_yuan(line.value),
        after=format_yuan(line.after),
        funder=_say(WHO[line.terms.funder], language),
    )


def _kind_words(terms: Terms, language: str) -> str:
    match terms.kind:
        case Kind.DISCOUNT:
            return _say(DISCOUNT, language, rate=_rate(terms.pay_bp, language))
        case Kind.RANDOM:
            return _say(RANDOM, language, low=format_yuan(terms.low), high=format_yuan(terms.high))
        case Kind.CASHBACK:
            return _say(CASHBACK, language, ladder=_ladder(terms, language))
        case Kind.VOUCHER:
            return _step(VOUCHER, terms.steps[0], language)
        case Kind.REDUCTION | Kind.INSTANT:
            return _ladder(terms, language)
    plain = {Kind.MEMBER_PRICE: MEMBER_PRICE, Kind.POINTS: POINTS, Kind.PACKET: PACKET}
    return _say(plain[terms.kind], language)


def _ladder(terms: Terms, language: str) -> str:
    text = REPEATED if terms.repeats else STEP
    return " / ".join(_step(text if one.reach else INSTANT, one, language) for one in terms.steps)


def _step(text: str, step: Step, language: str) -> str:
    return _say(text, language, less=format_yuan(step.less), reach=format_yuan(step.reach))


def _rate(pay_bp: int, language: str) -> str:
    """Show 8,800 basis points as 88 %, in Chinese as 8.8折."""
    if language == ENGLISH:
        return f"{_plain(pay_bp, 100)} %"
    return f"{_plain(pay_bp, 1_000)}折"


def _plain(value: int, unit: int) -> str:
    whole, rest = divmod(value, unit)
    return f"{whole}.{rest:0{len(str(unit)) - 1}d}".rstrip("0").rstrip(".") if rest else str(whole)


def _say(text: str, language: str, **values: str) -> str:
    return translated("offers", text, language).format(**values)
