"""What a person can do about a refusal, by the problem's code; the gateway's title says what happened."""

from pswallet.client import Refused
from pswallet.wallet.screen import Screen, text

ADVICE = {
    "phone-invalid": text("Write the number with its country: +86 138 0013 8000."),
    "code-requested-too-soon": text("Wait a minute; the last code still holds."),
    "codes-exhausted": text("Try again tomorrow."),
    "code-invalid": text("Look at the last message and type its six digits again."),
    "code-expired": text("Ask for a new code: register again."),
    "code-tries-exhausted": text("Ask for a new code: register again."),
    "phone-registered": text("This phone has a wallet with another key. Use the folder of that key (--folder)."),
    "address-registered": text("This key has its account already: pswallet wallet balance"),
    "person-unknown": text("Ask for the person's address, or have the person register."),
    "rate-limit-exceeded": text("Wait a little and try again."),
    "identity-mismatch": text("Write name and number as they stand on the document."),
    "identity-in-use": text("This document belongs to another account."),
    "account-not-registered": text("The other side has no account: ask the person to register first."),
    "account-is-frozen": text("Ask the operator why the account is frozen."),
    "recipient-is-frozen": text("The other side's account is frozen; pay later."),
    "payments-paused": text("All payments rest for the moment; try again later. Nothing is lost."),
    "payment-limit-exceeded": text("Send less at once, or show your real name for a higher tier."),
    "daily-limit-exceeded": text("Send the rest tomorrow, or show your real name for a higher tier."),
    "yearly-limit-exceeded": text("Show your real name for a higher tier: pswallet wallet real-name"),
    "balance-limit-exceeded": text("The receiving account may not hold that much; send less."),
    "balance-insufficient": text("There is not enough money: pswallet wallet balance"),
    "sending-tier-too-low": text("Show your real name first: pswallet wallet real-name"),
    "packet-daily-total-exceeded": text("Give the rest tomorrow."),
    "packet-daily-count-exceeded": text("Give more tomorrow."),
    "total-not-divisible": text("Choose a total that divides into equal shares, or give a lucky packet (--lucky)."),
    "share-count-out-of-range": text("A packet has 1 to 100 shares of at least 0.01 yuan."),
    "share-limit-exceeded": text("A share is at most 200 yuan: give less, or to more people."),
    "greeting-too-long": text("A greeting has at most 25 characters."),
    "payers-out-of-range": text("A bill is shared by at most 100 people, each with at least 0.01 yuan."),
    "share-already-paid": text("You have paid your share already."),
    "not-asked-to-pay": text("This request asks somebody else."),
    "payment-request-unknown": text("Look at what you are asked to pay: pswallet wallet pay"),
    "packet-unknown": text("Look at the link once more; is it of this gateway?"),
    "packet-not-open": text("The packet is not on the chain yet; try again in a moment."),
    "packet-expired": text("Nobody can open it any more; what is left goes back to who gave it."),
    "packet-empty": text("Others were faster."),
    "not-a-guest": text("This packet is for others, or needs its whole link: also what follows the #."),
    "already-claimed": text("You have your share already: pswallet wallet activity"),
    "link-signature-invalid": text("Copy the whole link, also what follows the #."),
    "phrase-wrong": text("Ask again how the phrase goes; there are five tries an hour."),
    "phrase-tries-exhausted": text("Wait an hour and try again."),
    "received-daily-limit-exceeded": text("Try again tomorrow, or show your real name for a higher tier."),
    "database-away": text("The gateway has a trouble of its own. Nothing was done; try again."),
    "chain-away": text("The chain does not answer the gateway; try again in a moment."),
}


def advised(screen: Screen, refused: Refused, gateway: str) -> str:
    """Say what happened, and what to do about it."""
    if refused.code in ADVICE:
        todo = screen.translated(ADVICE[refused.code])
    elif refused.code:
        todo = screen.translated(text("What it means: {page}"), page=f"{gateway}/problems/{refused.code}")
    else:
        todo = screen.translated(text("Is {gateway} the gateway?"), gateway=gateway)
    return f"{refused.title or refused.code}\n{todo}"
