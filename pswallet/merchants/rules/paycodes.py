"""Typed payment codes: eighteen digits that a wallet shows and a till scans or types. Pure.

49, six digits that find the device, nine that prove its key this minute, a Luhn digit: fifteen digits from HMAC-SHA-256
under the device's key (docs/decisions/0012). A code is good in its minute and those beside it, and once.
"""

import hashlib
import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from pswallet.kyc.rules.cards import luhn_holds
from pswallet.merchants.rules.flaws import Flaw, Refusal

PREFIX = "49"
DIGITS = 18
STEP_S = 60
COUNTERS = 4
"""Codes that a device can show in one step: a new one after each failure."""
DRIFT = 1
"""Steps by which a device's clock may differ from ours."""
KEY_BYTES = 32
_SLOT_DIGITS, _PROOF_DIGITS = 6, 9


class Moment(NamedTuple):
    """Which of a device's codes: the step since 1970 and the counter in it."""

    step: int
    counter: int


@dataclass(frozen=True, slots=True)
class Network:
    """Whose code it looks like, by length and prefix. `sourced`: its rule is published, else it is hearsay."""

    name: str
    pattern: str
    sourced: bool = True


NETWORKS = (
    Network("pswallet", rf"{PREFIX}[0-9]{{16}}"),
    Network("wechat-pay", r"1[0-5][0-9]{16}"),
    Network("alipay", r"(?:2[5-9]|30)[0-9]{14,22}"),
    Network("unionpay", r"62[0-9]{17}", sourced=False),
    Network("e-cny", r"01[0-9]{17}", sourced=False),
)
"""Every network whose typed codes we can tell apart."""


def network_of(text: str) -> Network | None:
    """Return whose typed code `text` looks like."""
    return next((one for one in NETWORKS if re.fullmatch(one.pattern, text)), None)


def read(text: str) -> str | Refusal:
    """Return a code of ours without its spaces, or say why it is none: another network's by its name."""
    digits = re.sub(r"[ -]", "", text)
    network = network_of(digits)
    if network is None:
        return Refusal(Flaw.UNREADABLE)
    if network is not NETWORKS[0]:
        return Refusal(Flaw.OTHER_NETWORK, network.name)
    return digits if luhn_holds(digits) else Refusal(Flaw.CHECK_DIGIT)


def slot_of(key: bytes) -> str:
    """Return the six digits by which a device is found; a few devices of a city share them."""
    return _number(key, b"slot", _SLOT_DIGITS)


def slot_in(code: str) -> str:
    """Return the slot that a code of ours names."""
    return code[len(PREFIX) : len(PREFIX) + _SLOT_DIGITS]


def code_at(key: bytes, moment: Moment) -> str:
    """Return the code that the device of `key` shows at `moment`."""
    proof = b"code" + moment.step.to_bytes(8, "big") + moment.counter.to_bytes(1, "big")
    body = PREFIX + slot_of(key) + _number(key, proof, _PROOF_DIGITS)
    return next(body + digit for digit in "0123456789" if luhn_holds(body + digit))


def step_at(now: datetime) -> int:
    """Return the step of `now`."""
    return int(now.timestamp()) // STEP_S


def moment_of(code: str, key: bytes, *, now: datetime) -> Moment | None:
    """Return when the device of `key` shows `code`, if that is now or a step beside it; None for another's code."""
    steps = range(step_at(now) - DRIFT, step_at(now) + DRIFT + 1)
    moments = [Moment(step, counter) for step in steps for counter in range(COUNTERS)]
    return next((one for one in moments if hmac.compare_digest(code_at(key, one), code)), None)


def may_take(moment: Moment, used: Collection[Moment]) -> bool:
    """Return whether a code may be taken, after those that were: each once."""
    return moment not in used


def _number(key: bytes, message: bytes, digits: int) -> str:
    # 64 bits modulo 10^9 at most: even to one part in ten billion.
    whole = hmac.digest(key, b"pswallet payment code " + message, hashlib.sha256)[:8]
    return f"{int.from_bytes(whole, 'big') % 10**digits:0{digits}d}"
