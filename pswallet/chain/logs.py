"""From logs to events, by hand: generic ABI decoding costs fifty times as much, and every claim makes two events.

A test holds each decoder against the ABI.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pswallet.chain import events
from pswallet.chain.events import TOPICS, Event
from pswallet.chain.funded import Budget, Campaign, FundedOrder, Part
from pswallet.chain.hashing import checksum
from pswallet.chain.orders import shown_text
from pswallet.chain.terms import Terms

Fields = dict[str, Any]
Decoder = Callable[[list[str], bytes], Fields]


def _topic_address(topic: str) -> str:
    return checksum(bytes.fromhex(topic[26:]))


def _word(data: bytes, place: int) -> int:
    return int.from_bytes(data[32 * place : 32 * place + 32], "big")


def _word_address(data: bytes, place: int) -> str:
    return checksum(data[32 * place + 12 : 32 * place + 32])


def _word_hex(data: bytes, place: int, size: int = 32) -> str:
    return "0x" + data[32 * place : 32 * place + size].hex()


def _tail(data: bytes, place: int) -> bytes:
    """Return the dynamic `bytes` whose offset stands at word `place`."""
    start = _word(data, place)
    size = int.from_bytes(data[start : start + 32], "big")
    return data[start + 32 : start + 32 + size]


def _transfer(topics: list[str], data: bytes) -> Fields:
    return {"sender": _topic_address(topics[1]), "recipient": _topic_address(topics[2]), "value": _word(data, 0)}


def _authorization(topics: list[str], data: bytes) -> Fields:
    return {"authorizer": _topic_address(topics[1]), "nonce": topics[2]}


def _approval(topics: list[str], data: bytes) -> Fields:
    return {"owner": _topic_address(topics[1]), "spender": _topic_address(topics[2]), "value": _word(data, 0)}


def _tier_set(topics: list[str], data: bytes) -> Fields:
    return {"account": _topic_address(topics[1]), "tier": _word(data, 0)}


def _tier_limits(topics: list[str], data: bytes) -> Fields:
    return {
        "tier": int(topics[1], 16),
        "max_balance": _word(data, 0),
        "per_payment": _word(data, 1),
        "per_day": _word(data, 2),
        "per_year": _word(data, 3),
        "one_factor_per_day": _word(data, 4),
        "lifetime": bool(_word(data, 5)),
    }


def _replaced(topics: list[str], data: bytes) -> Fields:
    return {"account": _topic_address(topics[1]), "successor": _topic_address(topics[2])}


def _account(topics: list[str], data: bytes) -> Fields:
    return {"account": _topic_address(topics[1])}


def _paused(topics: list[str], data: bytes) -> Fields:
    return {"expiry": _word(data, 0)}


def _unpaused(topics: list[str], data: bytes) -> Fields:
    return {}


def _minted(topics: list[str], data: bytes) -> Fields:
    return {"to": _topic_address(topics[1]), "value": _word(data, 0), "entry": topics[2]}


def _redeemed(topics: list[str], data: bytes) -> Fields:
    return {"account": _topic_address(topics[1]), "value": _word(data, 0), "bank_reference": topics[2]}


def _attested(topics: list[str], data: bytes) -> Fields:
    return {"reserve": _word(data, 0), "expiry": _word(data, 1)}


def _returned(topics: list[str], data: bytes) -> Fields:
    return {"to": _topic_address(topics[1]), "value": _word(data, 0)}


def _created(topics: list[str], data: bytes) -> Fields:
    terms = Terms(
        creator=_word_address(data, 0),
        total=_word(data, 1),
        shares=_word(data, 2),
        expiry=_word(data, 3),
        max_share=_word(data, 4),
        lucky=bool(_word(data, 5)),
        guests=_word_hex(data, 6),
        claim_key=_word_address(data, 7),
        dealer=_word_address(data, 8),
        draw_commitment=_word_hex(data, 9, 20),
        salt=_word_hex(data, 10),
    )
    return {"packet": topics[1], "creator": _topic_address(topics[2]), "terms": terms}


def _claimed(topics: list[str], data: bytes) -> Fields:
    return {
        "packet": topics[1],
        "account": _topic_address(topics[2]),
        "position": _word(data, 0),
        "value": _word(data, 1),
        "link": _word_hex(data, 2, 20),
    }


def _owed(topics: list[str], data: bytes) -> Fields:
    return {**_claimed(topics, data), "reason": _tail(data, 3)}


def _collected(topics: list[str], data: bytes) -> Fields:
    return {"packet": topics[1], "account": _topic_address(topics[2]), "value": _word(data, 0)}


def _skipped(topics: list[str], data: bytes) -> Fields:
    return {"packet": topics[1], "account": _topic_address(topics[2]), "reason": _word_hex(data, 0, 4)}


def _refunded(topics: list[str], data: bytes) -> Fields:
    return {"packet": topics[1], "creator": _topic_address(topics[2]), "value": _word(data, 0)}


def _budget(topics: list[str], data: bytes) -> Fields:
    terms = Budget(
        funder=_word_address(data, 0),
        signer=_word_address(data, 1),
        total=_word(data, 2),
        end=_word(data, 3),
        salt=_word_hex(data, 4),
    )
    return {"budget": topics[1], "funder": _topic_address(topics[2]), "terms": terms}


def _order_paid(topics: list[str], data: bytes) -> Fields:
    count = _word(data, 8)
    terms = FundedOrder(
        payer=_word_address(data, 0),
        merchant=_word_address(data, 1),
        till=shown_text(data[64:96]),
        reference=shown_text(data[96:128]),
        own=_word(data, 4),
        amount=_word(data, 5),
        expiry=_word(data, 6),
        parts=tuple(
            Part(_word_address(data, at), _word_hex(data, at + 1), _word(data, at + 2), _word(data, at + 3))
            for at in range(9, 9 + 4 * count, 4)
        ),
    )
    return {
        "order": topics[1],
        "payer": _topic_address(topics[2]),
        "merchant": _topic_address(topics[3]),
        "terms": terms,
    }


def _order_refunded(topics: list[str], data: bytes) -> Fields:
    return {
        "order": topics[1],
        "payer": _topic_address(topics[2]),
        "merchant": _topic_address(topics[3]),
        "number": _word(data, 0),
        "signer": _word_address(data, 1),
        "value": _word(data, 2),
        "own": _word(data, 3),
        "parts": tuple(_word(data, 6 + place) for place in range(_word(data, 5))),
    }


def _cashier(topics: list[str], data: bytes) -> Fields:
    return {
        "merchant": _topic_address(topics[1]),
        "cashier": _topic_address(topics[2]),
        "cap": _word(data, 0),
        "number": _word(data, 1),
    }


def _campaign(topics: list[str], data: bytes) -> Fields:
    terms = Campaign(
        sponsor=_word_address(data, 0),
        budget=_word(data, 1),
        face=_word(data, 2),
        per_person=_word(data, 3),
        start=_word(data, 4),
        end=_word(data, 5),
        minimum_spend=_word(data, 6),
        divisible=bool(_word(data, 7)),
        merchants=_word_hex(data, 8),
        issuer=_word_address(data, 9),
        lottery=_word_hex(data, 10),
        salt=_word_hex(data, 11),
    )
    return {"campaign": topics[1], "sponsor": _topic_address(topics[2]), "terms": terms}


def _winners(topics: list[str], data: bytes) -> Fields:
    return {"campaign": topics[1], "winners": topics[2]}


def _issued(topics: list[str], data: bytes) -> Fields:
    return {
        "campaign": topics[1],
        "account": _topic_address(topics[2]),
        "count": _word(data, 0),
        "value": _word(data, 1),
    }


def _voucher(topics: list[str], data: bytes) -> Fields:
    return {"campaign": topics[1], "account": _topic_address(topics[2]), "value": _word(data, 0)}


def _spent(topics: list[str], data: bytes) -> Fields:
    return {**_voucher(topics, data), "merchant": _topic_address(topics[3])}


def _closed(topics: list[str], data: bytes) -> Fields:
    return {
        "campaign": topics[1],
        "sponsor": _topic_address(topics[2]),
        "unissued": _word(data, 0),
        "open": _word(data, 1),
    }


def _anchored(topics: list[str], data: bytes) -> Fields:
    return {"subject": topics[1], "day": int(topics[2], 16), "root": _word_hex(data, 0), "total": _word(data, 1)}


def _failed(topics: list[str], data: bytes) -> Fields:
    return {"index": int(topics[1], 16), "reason": _tail(data, 0)}


_DECODERS: dict[type[Event], Decoder] = {
    events.Transfer: _transfer,
    events.AuthorizationUsed: _authorization,
    events.AuthorizationCanceled: _authorization,
    events.Approval: _approval,
    events.TierSet: _tier_set,
    events.TierLimitsSet: _tier_limits,
    events.AccountReplaced: _replaced,
    events.AccountFrozen: _account,
    events.AccountUnfrozen: _account,
    events.Paused: _paused,
    events.Unpaused: _unpaused,
    events.Minted: _minted,
    events.Redeemed: _redeemed,
    events.ReserveAttested: _attested,
    events.Returned: _returned,
    events.PacketCreated: _created,
    events.PacketClaimed: _claimed,
    events.ShareOwed: _owed,
    events.ShareCollected: _collected,
    events.ClaimSkipped: _skipped,
    events.PacketRefunded: _refunded,
    events.BudgetOpened: _budget,
    events.OrderPaid: _order_paid,
    events.OrderRefunded: _order_refunded,
    events.CashierSet: _cashier,
    events.CampaignOpened: _campaign,
    events.WinnersListed: _winners,
    events.VoucherIssued: _issued,
    events.VoucherSpent: _spent,
    events.VoucherRestored: _voucher,
    events.VoucherReturned: _voucher,
    events.CampaignClosed: _closed,
    events.Anchored: _anchored,
    events.CallFailed: _failed,
}

_BY_TOPIC: dict[str, tuple[type[Event], Decoder]] = {
    TOPICS[kind]: (kind, decoder) for kind, decoder in _DECODERS.items()
}


def decode(log: Mapping[str, Any], block_time: datetime) -> Event | None:
    """Read one log as JSON-RPC gives it; None for an event that is not ours (an upgrade, a role)."""
    found = _BY_TOPIC.get(log["topics"][0]) if log["topics"] else None
    if found is None:
        return None
    kind, decoder = found
    return kind(
        block=int(log["blockNumber"], 16),
        log_index=int(log["logIndex"], 16),
        block_time=block_time,
        transaction=log["transactionHash"],
        contract=checksum(bytes.fromhex(log["address"][2:])),
        **decoder(log["topics"], bytes.fromhex(log["data"][2:])),
    )
