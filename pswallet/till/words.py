"""What a till says, in the cashier's language. English stands in the code; the rest in the catalog `till`.

A test reads the texts off the calls of `text` and `say`.
"""

from pswallet.kit.languages import translated
from pswallet.kit.money import format_yuan
from pswallet.merchants.rules.sales import Reason, State
from pswallet.till import counter
from pswallet.till.line import News
from pswallet.till.tickets import Ticket


def text(english: str) -> str:
    """Mark a text that is translated when it is shown."""
    return english


REASONS: dict[str, str] = {
    Reason.UNKNOWN_OUTCOME: text("Nobody knows yet whether it is paid. Wait for it, or void it."),
    Reason.NOT_OPEN: text("This sale takes no payment any more."),
    Reason.NOT_PAID: text("This sale is not paid."),
    Reason.ABOVE_PAID: text("That is more than is left of what was paid."),
    Reason.PARTLY_REFUNDED: text("A part went back already: give the rest back as an amount."),
    counter.NO_SHIFT: text("No shift is open."),
    counter.SHIFT_OPEN: text("A shift is open already."),
    counter.NO_TILL: text("The shop of this key has set up no such till."),
    counter.NOTHING_DUE: text("No second customer has paid this sale."),
    counter.NO_NODE: text("A receipt is checked on a node of your own: name one with --rpc."),
    counter.NO_ANSWER: text("The chain takes its time. The shift stays open; close it again in a moment."),
    counter.FULL: text("This till has used all its numbers of today."),
    counter.PAID_ELSEWHERE: text("The gateway says that this shop is paid elsewhere. Nothing is rung up."),
    counter.OWNERS_KEY: text("Giving this back takes the shop's own key: ask its owner."),
    counter.NO_KEY: text("Giving back takes a key, and this till has none: ask the shop's owner."),
}
"""Why the till does not do something."""

NEWS: dict[News, str] = {
    News.GATEWAY_AWAY: text("The gateway does not answer. Trying again; nothing is lost and nothing is done twice."),
    News.GATEWAY_BACK: text("The gateway is back."),
    News.NODE_AWAY: text("Your node does not answer. No payment is believed until it does."),
    News.NODE_BACK: text("Your node is back."),
}


class Tongue:
    """A language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def say(self, text: str, **values: object) -> str:
        """Return a text in this language, with its values."""
        return translated("till", text, self.language).format(**values)


Said = tuple[str, dict[str, object]]
"""A text and its values."""


def state_of(ticket: Ticket) -> list[Said]:
    """Return what is to be said of where a sale stands."""
    if ticket.paid is None:
        return [(_unpaid(ticket), {})]
    found: list[Said] = [
        (text("PAID: seen on your own node") if ticket.paid.by_node else text("PAID: so says the gateway"), {})
    ]
    sent = [one.amount for one in ticket.refunds if one.status in ("asking", "submitted")]
    back = [one.amount for one in ticket.refunds if one.status == "confirmed"]
    if back:
        found.append((text("{amount} given back"), {"amount": format_yuan(sum(back))}))
    if sent:
        found.append((text("{amount} is going back …"), {"amount": format_yuan(sum(sent))}))
    return found


def brief_of(ticket: Ticket) -> str:
    """Return the word for where a sale stands: a list has no room for more."""
    if ticket.paid is not None:
        return text("PAID")
    if ticket.sale.state is State.VOIDED:
        return text("voided")
    return text("refused") if ticket.asking_refused else text("waits")


def _unpaid(ticket: Ticket) -> str:
    if ticket.sale.state is State.VOIDED:
        return text("voided")
    if ticket.asking_refused:
        return text("refused")
    if ticket.order is None:
        return text("asking the gateway …")
    return text("the customer is asked to pay") if ticket.customer else text("waits for the payment")
