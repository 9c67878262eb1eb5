"""What people are told of each kind of notice. English stands here, the rest in `locale/*/notifications.po`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from pswallet.kit.languages import translated
from pswallet.kit.money import format_yuan
from pswallet.kit.problems import Problem, every_problem

Kind = Literal[
    "tier-set",
    "tier-refused",
    "account-frozen",
    "account-unfrozen",
    "account-replaced",
    "money-arrived",
    "money-refused",
    "transfer-sent",
    "transfer-received",
    "transfer-refused",
    "order-asked",
    "order-paid",
    "order-received",
    "order-refunded",
    "order-refused",
    "order-refund-refused",
    "budget-opened",
    "budget-refused",
    "cashier-refused",
    "permit-refused",
    "payment-requested",
    "payment-reminded",
    "payment-declined",
    "packet-thanked",
    "packet-opened",
    "packet-exhausted",
    "packet-refunded",
    "packet-create-refused",
    "packet-claim-refused",
    "packet-collect-refused",
    "share-claimed",
    "share-owed",
    "share-collected",
    "points-ending",
    "webhook-disabled",
    "campaign-opened",
    "campaign-refused",
    "campaign-closed",
    "voucher-issued",
    "voucher-refused",
    "voucher-spent",
    "voucher-restored",
    "voucher-returned",
]
"""What may be told, in kebab-case."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a person reads. `{amount}` is the notice's amount in yuan, `{reason}` the title of its problem.

    `{points}` and `{last_day}`: how many end, and when they can be spent last.
    """

    title: str
    text: str


WORDS: dict[Kind, Words] = {
    "tier-set": Words("Your account's limits are set", "See in the wallet how much you may hold and pay."),
    "tier-refused": Words("Your account's limits stay as they were", "{reason}. Ask us if you expected otherwise."),
    "account-frozen": Words("Your account is frozen", "You cannot pay for now. Your money is still there; ask us why."),
    "account-unfrozen": Words("Your account is free again", "You can pay as before."),
    "account-replaced": Words(
        "Your account has moved", "It goes on under your new key; the old one pays nothing more."
    ),
    "money-arrived": Words("Money from your bank has arrived", "{amount} is in your wallet."),
    "money-refused": Words("Money from your bank could not be added", "{amount} is not in your wallet: {reason}."),
    "transfer-sent": Words("You have paid", "{amount} has left your wallet."),
    "transfer-received": Words("You have been paid", "{amount} has come into your wallet."),
    "transfer-refused": Words("Your payment did not go through", "{reason}. No money has moved."),
    "order-asked": Words(
        "A shop asks you to pay", "{amount} is asked for. Look at the shop and the amount before you pay."
    ),
    "order-paid": Words("You have paid in a shop", "{amount} has left your wallet."),
    "order-received": Words("An order has been paid", "{amount} has come into your till."),
    "order-refunded": Words("A shop has given you money back", "{amount} has come into your wallet."),
    "order-refused": Words("Your payment did not go through", "{reason}. No money has moved."),
    "order-refund-refused": Words("A refund did not go through", "{reason}. No money has moved."),
    "budget-opened": Words("Your budget is open", "Up to {amount} of yours can help to pay orders."),
    "budget-refused": Words("Your budget was not opened", "{reason}. No money has moved."),
    "cashier-refused": Words("Your cashier was not changed", "{reason}. It may refund what it could before."),
    "permit-refused": Words("Your permit did not change", "{reason}. The checkout may move what it could before."),
    "payment-requested": Words("Somebody asks you for money", "{amount} is asked for. Pay only whom you know."),
    "payment-reminded": Words("You are reminded of a payment", "{amount} is still asked for. Pay only whom you know."),
    "payment-declined": Words("Somebody will not pay you", "They have declined your request. No money has moved."),
    "packet-thanked": Words("Somebody thanks you for your red packet", "Open the red packet to read it."),
    "packet-opened": Words("Your red packet is open", "Your friends can open it now."),
    "packet-exhausted": Words("Your red packet is empty", "Every share has been opened."),
    "packet-refunded": Words("The rest of your red packet is back", "{amount} has come back into your wallet."),
    "packet-create-refused": Words("Your red packet was not given", "{reason}. No money has moved."),
    "packet-claim-refused": Words("You could not open the red packet", "{reason}."),
    "packet-collect-refused": Words("Your share could not be paid yet", "{reason}."),
    "share-claimed": Words("You have opened a red packet", "{amount} has come into your wallet."),
    "share-owed": Words(
        "A share of a red packet waits for you", "{amount} is yours; collect it before the packet ends."
    ),
    "share-collected": Words("Your share has been paid", "{amount} has come into your wallet."),
    "points-ending": Words("Some of your points end soon", "{points} points can be spent until {last_day}."),
    "webhook-disabled": Words(
        "Your shop's system is told nothing any more",
        "A webhook endpoint has not answered for days. Mend it, then enable it again.",
    ),
    "campaign-opened": Words("Your campaign is open", "{amount} is ready to be given as vouchers."),
    "campaign-refused": Words("Your campaign was not opened", "{reason}. No money has moved."),
    "campaign-closed": Words("Your campaign is over", "{amount} was left and has come back to you."),
    "voucher-issued": Words("You have vouchers", "{amount} is yours to spend in the campaign's shops."),
    "voucher-refused": Words("You could not be given the vouchers", "{reason}."),
    "voucher-spent": Words("You have paid with vouchers", "{amount} of them went to the shop."),
    "voucher-restored": Words("Your vouchers are back", "{amount} of them can be spent again."),
    "voucher-returned": Words(
        "Vouchers of an ended campaign went back", "{amount} of your refund belongs to the campaign's sponsor."
    ),
}

_OTHER = Words("There is news for your account", "Open the wallet to see it.")
"""Of a kind that a newer version wrote."""


def words(kind: str, body: Mapping[str, Any], language: str) -> Words:
    """Return what a reader of `language` is told of a notice; never personal data, for a body has none."""
    english = cast("Mapping[str, Words]", WORDS).get(kind, _OTHER)
    filled = {
        "amount": format_yuan(body["amount_fen"]) if "amount_fen" in body else "",
        "reason": translated("problems", _title(body.get("error", "")), language),
        "points": body.get("points", ""),
        "last_day": body.get("last_day", ""),
    }
    title, text = (translated("notifications", one, language) for one in (english.title, english.text))
    return Words(title, text.format(**filled))


def _title(error: str) -> str:
    return every_problem().get(error, Problem).title
