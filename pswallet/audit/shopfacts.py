"""The rows that the logs of the checkout, the vouchers and the allowances must have become."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pswallet.audit.decode import Log, address_in, words
from pswallet.audit.ledger import Moment
from pswallet.audit.rows import Row, Told, shown
from pswallet.chain.orders import shown_text
from pswallet.chain.signing import checksum
from pswallet.checkout.models import (
    Allowance,
    BudgetOpening,
    CheckoutCashier,
    CheckoutPart,
    CheckoutPayment,
    CheckoutRefund,
)
from pswallet.vouchers.models import CampaignClosing, CampaignOpening, VoucherEntry, WinnerListing

_LAST_TIME = 253_402_300_799  # 9999-12-31: an order may name any second


class ShopFacts:
    """Turns logs about orders, budgets and campaigns into rows."""

    def __init__(self, now: Moment) -> None:
        self._now = now
        self._spent: Counter[tuple[str, str]] = Counter()
        """What each budget of a funder has paid so far [fen]."""

    @property
    def _at(self) -> datetime:
        return datetime.fromtimestamp(self._now.time, UTC)

    # --- the checkout ---

    def _on_Approval(self, log: Log) -> Iterator[Row]:
        owner, spender = (shown(address_in(topic)) for topic in log["topics"][1:3])
        value = str(int(log["data"], 16))
        yield Row(Allowance, None, {"owner": owner, "spender": spender, "value": value, "at": self._at})

    def _on_BudgetOpened(self, log: Log) -> Iterator[Row]:
        _, signer, total, end, _ = words(log["data"])
        budget, funder = log["topics"][1], shown(address_in(log["topics"][2]))
        values = {
            "budget": budget,
            "funder": funder,
            "signer": shown(f"0x{signer:040x}"),
            "total_fen": total,
            "ends_at": datetime.fromtimestamp(end, UTC),
            "at": self._at,
        }
        told = ("budget-opened", funder, {"budget": budget, "amount_fen": total})
        yield Row(BudgetOpening, None, values, (told,))

    def _on_OrderPaid(self, log: Log) -> Iterator[Row]:
        data = bytes.fromhex(log["data"][2:])
        word = [data[start : start + 32] for start in range(0, len(data), 32)]
        own, amount, expiry = (int.from_bytes(one) for one in word[4:7])
        payer, merchant = checksum(word[0][12:]), checksum(word[1][12:])
        values = {
            "hash": log["topics"][1],
            "payer": payer,
            "merchant": merchant,
            "till": shown_text(word[2]),
            "reference": shown_text(word[3]),
            "own_fen": own,
            "amount_fen": amount,
            "expires_at": datetime.fromtimestamp(min(expiry, _LAST_TIME), UTC),
            "transaction": log["transactionHash"],
            "at": self._at,
        }
        amounts = {"amount_fen": amount, "own_fen": own}
        told: tuple[Told, ...] = (
            ("transfer-sent", payer, {**amounts, "to": merchant}),
            ("transfer-received", merchant, {**amounts, "from": payer}),
        )
        yield Row(CheckoutPayment, None, values, told)
        for place, at in enumerate(range(9, 9 + 4 * int.from_bytes(word[8]), 4)):
            part = {"hash": log["topics"][1], **_part(word[at : at + 4])}
            self._spent[part["budget"], part["funder"]] += part["value_fen"]
            part["spent_after_fen"] = self._spent[part["budget"], part["funder"]]
            yield Row(CheckoutPart, place, part)

    def _on_OrderRefunded(self, log: Log) -> Iterator[Row]:
        number, signer, value, own, _, count, *parts = words(log["data"])
        payer, merchant = (shown(address_in(topic)) for topic in log["topics"][2:4])
        values = {
            "hash": log["topics"][1],
            "number": number,
            "merchant": merchant,
            "signer": shown(f"0x{signer:040x}"),
            "value_fen": value,
            "own_fen": own,
            "parts_fen": parts[:count],
            "at": self._at,
        }
        told = ("transfer-received", payer, {"amount_fen": value, "own_fen": own, "from": merchant})
        yield Row(CheckoutRefund, None, values, (told,))

    def _on_CashierSet(self, log: Log) -> Iterator[Row]:
        merchant, cashier = (shown(address_in(topic)) for topic in log["topics"][1:3])
        cap, number = words(log["data"])
        values = {"merchant": merchant, "cashier": cashier, "number": number, "cap_fen": cap, "at": self._at}
        yield Row(CheckoutCashier, None, values)

    # --- vouchers ---

    def _on_CampaignOpened(self, log: Log) -> Iterator[Row]:
        terms = _campaign_terms(bytes.fromhex(log["data"][2:]))
        values = {
            "campaign": log["topics"][1],
            "sponsor": terms["sponsor"],
            "terms": terms,
            "budget_fen": terms["budget"],
            "ends_at": datetime.fromtimestamp(terms["end"], UTC),
            "at": self._at,
        }
        yield Row(CampaignOpening, None, values, (_of_campaign("campaign-opened", values, terms["budget"]),))

    def _on_WinnersListed(self, log: Log) -> Iterator[Row]:
        _, campaign, winners = log["topics"]
        yield Row(WinnerListing, None, {"campaign": campaign, "root": winners, "at": self._at})

    def _on_VoucherIssued(self, log: Log) -> Iterator[Row]:
        count, value = words(log["data"])
        yield self._voucher(log, "issued", value, count=count)

    def _on_VoucherSpent(self, log: Log) -> Iterator[Row]:
        merchant = shown(address_in(log["topics"][3]))
        yield self._voucher(log, "spent", int(log["data"], 16), merchant=merchant)

    def _on_VoucherRestored(self, log: Log) -> Iterator[Row]:
        yield self._voucher(log, "restored", int(log["data"], 16))

    def _on_VoucherReturned(self, log: Log) -> Iterator[Row]:
        yield self._voucher(log, "returned", int(log["data"], 16))

    def _voucher(
        self, log: Log, kind: str, value: int, *, count: int | None = None, merchant: str | None = None
    ) -> Row:
        campaign, account = log["topics"][1], shown(address_in(log["topics"][2]))
        named = {"campaign": campaign, "account": account, "at": self._at}
        values = {**named, "kind": kind, "value_fen": value, "count": count, "merchant": merchant}
        body = {"campaign": campaign, "amount_fen": value, **({"to": merchant} if merchant else {})}
        return Row(VoucherEntry, None, values, ((f"voucher-{kind}", account, body),))

    def _on_CampaignClosed(self, log: Log) -> Iterator[Row]:
        unissued, left = words(log["data"])
        named = {"campaign": log["topics"][1], "sponsor": shown(address_in(log["topics"][2])), "at": self._at}
        values = {**named, "unissued_fen": unissued, "open_fen": left}
        yield Row(CampaignClosing, None, values, (_of_campaign("campaign-closed", values, unissued + left),))


def _of_campaign(kind: str, values: dict[str, Any], fen: int) -> Told:
    return kind, values["sponsor"], {"campaign": values["campaign"], "amount_fen": fen}


def _part(word: list[bytes]) -> dict[str, Any]:
    return {
        "funder": checksum(word[0][12:]),
        "budget": "0x" + word[1].hex(),
        "value_fen": int.from_bytes(word[2]),
        "minimum_spend_fen": int.from_bytes(word[3]),
    }


def _campaign_terms(data: bytes) -> dict[str, Any]:
    """Return a campaign's terms out of their twelve words, as rows keep them."""
    word = [data[start : start + 32] for start in range(0, 384, 32)]
    numbers = ("budget", "face", "per_person", "start", "end", "minimum_spend")
    return {
        "sponsor": checksum(word[0][12:]),
        **{name: int.from_bytes(one) for name, one in zip(numbers, word[1:7], strict=True)},
        "divisible": any(word[7]),
        "merchants": "0x" + word[8].hex(),
        "issuer": checksum(word[9][12:]),
        "lottery": "0x" + word[10].hex(),
        "salt": "0x" + word[11].hex(),
    }
