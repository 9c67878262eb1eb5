"""One method for every operation of the gateway, named as there.

Made from the OpenAPI document by tools/client.py: do not edit.
"""

from collections.abc import Iterator
from typing import Literal

from pswallet.client import answers, bodies
from pswallet.client.stream import Event, follow
from pswallet.client.transport import Transport, escaped


class Api:
    """The gateway's operations as they are. A POST takes an Idempotency-Key of one's own as `key`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def send_code(self, body: bodies.SendCode, *, key: str | None = None) -> answers.CodeSent:
        """Send a one-time code by SMS: good for 5 minutes and 5 tries; one a minute and ten a day to a phone."""
        return self._transport.ask(answers.CodeSent, "POST", "/v1/codes", body=body, key=key)

    def register(self, body: bodies.Registration, *, key: str | None = None) -> answers.Registered:
        """Open an account. Its visitor tier (T0) goes on chain; `tier` is 0 until the chain confirmed it."""
        return self._transport.ask(answers.Registered, "POST", "/v1/accounts", body=body, key=key)

    def show_own_account(self) -> answers.AccountShape:
        """Show one's own account."""
        return self._transport.ask(answers.AccountShape, "GET", "/v1/accounts/me")

    def look_up(self, body: bodies.Lookup, *, key: str | None = None) -> answers.Found:
        """Find a person by phone, with a masked name to confirm. The phone travels in the body, never in the URL."""
        return self._transport.ask(answers.Found, "POST", "/v1/accounts/lookup", body=body, key=key)

    def give_nonce(self, *, key: str | None = None) -> answers.NonceGiven:
        """Make a nonce for one sign-in message, good for 10 minutes."""
        return self._transport.ask(answers.NonceGiven, "POST", "/v1/sign-in/nonces", key=key)

    def sign_in(self, body: bodies.SignIn, *, key: str | None = None) -> answers.SignedIn:
        """Open a session by proving the account's address."""
        return self._transport.ask(answers.SignedIn, "POST", "/v1/sessions", body=body, key=key)

    def list_sessions(self) -> answers.SessionList:
        """List the open sessions."""
        return self._transport.ask(answers.SessionList, "GET", "/v1/sessions")

    def revoke_session(self, session_id: str) -> None:
        """End a session: this one, or one on a lost device."""
        self._transport.send("DELETE", f"/v1/sessions/{escaped(session_id)}")

    def check_real_name(self, body: bodies.RealName, *, key: str | None = None) -> answers.TierRequested:
        """Check one's real name. What is told is kept sealed, under a key of one's own."""
        return self._transport.ask(answers.TierRequested, "POST", "/v1/kyc/real-name", body=body, key=key)

    def list_tiers(self) -> answers.TierList:
        """List what each tier may hold and spend, and whether the chain holds to it."""
        return self._transport.ask(answers.TierList, "GET", "/v1/tiers")

    def export_everything(self) -> answers.ExportShape:
        """Show everything that is held of oneself. The session must be at most 10 minutes old."""
        return self._transport.ask(answers.ExportShape, "GET", "/v1/privacy/export")

    def erase(self, body: bodies.EraseMe, *, key: str | None = None) -> answers.Erased:
        """Be erased: by address and phone, proven afresh. Nothing of it can be undone."""
        return self._transport.ask(answers.Erased, "POST", "/v1/privacy/erasure", body=body, key=key)

    def show_chain(self) -> answers.ChainShape:
        """Show the chain's id, the contracts and the last block read."""
        return self._transport.ask(answers.ChainShape, "GET", "/v1/chain")

    def show_typed_data(self) -> answers.TypedData:
        """Show what is signed: the one definition that the gateway itself checks signatures with."""
        return self._transport.ask(answers.TypedData, "GET", "/v1/typed-data")

    def stream_events(self, *, last_event_id: str | None = None) -> Iterator[Event]:
        """Stream what happens to one's own account: each event with an `id` to go on from, the chain's once it says
        so, and a `title` and a `text` to show."""
        return follow(self._transport, "/v1/events", last_event_id)

    def send_money(self, body: bodies.SendMoney, *, key: str | None = None) -> answers.TransferAccepted:
        """Send money by a signed authorization, refused at once for what the chain would refuse it for, as far as
        known."""
        return self._transport.ask(answers.TransferAccepted, "POST", "/v1/transfers", body=body, key=key)

    def show_transfer(self, transfer_id: str) -> answers.TransferShape:
        """Show a transfer that one made or gets."""
        return self._transport.ask(answers.TransferShape, "GET", f"/v1/transfers/{escaped(transfer_id)}")

    def ask_for_money(self, body: bodies.AskForMoney, *, key: str | None = None) -> answers.RequestShape:
        """Ask one person for money, or several for even shares of it."""
        return self._transport.ask(answers.RequestShape, "POST", "/v1/payment-requests", body=body, key=key)

    def list_requests(
        self, *, role: Literal["asker", "payer"], cursor: str | None = None, limit: int = 20
    ) -> answers.RequestPage:
        """List the requests that one made, or those that ask one to pay, newest first."""
        return self._transport.ask(
            answers.RequestPage, "GET", "/v1/payment-requests", query={"role": role, "cursor": cursor, "limit": limit}
        )

    def show_request(self, request_id: str) -> answers.RequestShape:
        """Show a request that one made or is asked by, and who has paid."""
        return self._transport.ask(answers.RequestShape, "GET", f"/v1/payment-requests/{escaped(request_id)}")

    def pay_share(self, request_id: str, body: bodies.PayShare, *, key: str | None = None) -> answers.TransferAccepted:
        """Pay one's share."""
        return self._transport.ask(
            answers.TransferAccepted, "POST", f"/v1/payment-requests/{escaped(request_id)}/pay", body=body, key=key
        )

    def decline_share(
        self, request_id: str, body: bodies.Ask | None = None, *, key: str | None = None
    ) -> answers.RequestShape:
        """Say that one will not pay: the asker is told, and no reminder follows."""
        return self._transport.ask(
            answers.RequestShape,
            "POST",
            f"/v1/payment-requests/{escaped(request_id)}/decline",
            body=body or {},
            key=key,
        )

    def remind_payers(
        self, request_id: str, body: bodies.Ask | None = None, *, key: str | None = None
    ) -> answers.Reminded:
        """Remind whoever has neither paid nor declined, each at most once in 24 hours."""
        return self._transport.ask(
            answers.Reminded, "POST", f"/v1/payment-requests/{escaped(request_id)}/reminders", body=body or {}, key=key
        )

    def open_order(self, body: bodies.AskForOrder, *, key: str | None = None) -> answers.OrderShape:
        """Open an order, or get the one that was opened under this reference: a till that lost the answer asks
        again."""
        return self._transport.ask(answers.OrderShape, "POST", "/v1/orders", body=body, key=key)

    def find_order(self, *, reference: str) -> answers.OrderShape:
        """Find one's own order by its number."""
        return self._transport.ask(answers.OrderShape, "GET", "/v1/orders", query={"reference": reference})

    def show_order(self, order_id: str) -> answers.OrderShape:
        """Show an order to whoever was told its id."""
        return self._transport.ask(answers.OrderShape, "GET", f"/v1/orders/{escaped(order_id)}")

    def void_order(
        self, order_id: str, body: bodies.Ask | None = None, *, key: str | None = None
    ) -> answers.OrderShape:
        """Close an order that nobody has paid."""
        return self._transport.ask(
            answers.OrderShape, "POST", f"/v1/orders/{escaped(order_id)}/void", body=body or {}, key=key
        )

    def refund_order(self, order_id: str, body: bodies.GiveBack, *, key: str | None = None) -> answers.TransferAccepted:
        """Give a payer of an order money back, whole or in parts, never more than it paid."""
        return self._transport.ask(
            answers.TransferAccepted, "POST", f"/v1/orders/{escaped(order_id)}/refunds", body=body, key=key
        )

    def pay_order(self, order_id: str, body: bodies.PayAnOrder, *, key: str | None = None) -> answers.TransferAccepted:
        """Pay an order: the merchant, the amount and the number are in the signature, so it can pay nothing else."""
        return self._transport.ask(
            answers.TransferAccepted, "POST", f"/v1/orders/{escaped(order_id)}/payments", body=body, key=key
        )

    def order_quote(
        self, quote_id: str, body: bodies.Ask | None = None, *, key: str | None = None
    ) -> answers.OrderShape:
        """Turn a quote into an order at its price; `parts` says who helps to pay it. Good for as long as the quote."""
        return self._transport.ask(
            answers.OrderShape, "POST", f"/v1/quotes/{escaped(quote_id)}/order", body=body or {}, key=key
        )

    def refund_funded_order(
        self, order_id: str, body: bodies.RefundAFundedOrder, *, key: str | None = None
    ) -> answers.FundedRefundAccepted:
        """Give money of a funded order back: each fen to whose it was, own money first."""
        return self._transport.ask(
            answers.FundedRefundAccepted, "POST", f"/v1/orders/{escaped(order_id)}/funded-refunds", body=body, key=key
        )

    def pay_funded_order(
        self, order_id: str, body: bodies.PayFundedOrder, *, key: str | None = None
    ) -> answers.FundedOrderAccepted:
        """Pay an order with others' help: vouchers of one's own, or what its quote says. One signature covers all
        parts."""
        return self._transport.ask(
            answers.FundedOrderAccepted, "POST", f"/v1/orders/{escaped(order_id)}/funded-payments", body=body, key=key
        )

    def open_budget(self, body: bodies.OpenABudget, *, key: str | None = None) -> answers.BudgetAccepted:
        """Let one's own money help to pay orders, up to a total; it stays one's own until an order is paid."""
        return self._transport.ask(answers.BudgetAccepted, "POST", "/v1/budgets", body=body, key=key)

    def show_budget(self, budget: str) -> answers.BudgetShape:
        """Show a budget."""
        return self._transport.ask(answers.BudgetShape, "GET", f"/v1/budgets/{escaped(budget)}")

    def show_permit(self) -> answers.PermitState:
        """Show what the next permit is signed with, and whether the checkout may move one's money."""
        return self._transport.ask(answers.PermitState, "GET", "/v1/permits")

    def permit(self, body: bodies.NewPermit, *, key: str | None = None) -> answers.PermitAccepted:
        """Let the checkout move one's money: for one's budgets, and to refund funded orders; or stop it."""
        return self._transport.ask(answers.PermitAccepted, "POST", "/v1/permits", body=body, key=key)

    def set_cashier(self, body: bodies.NewCashier, *, key: str | None = None) -> answers.CashierAccepted:
        """Let somebody refund one's funded orders, up to a cap a day, or dismiss them."""
        return self._transport.ask(answers.CashierAccepted, "POST", "/v1/cashiers", body=body, key=key)

    def list_cashiers(self) -> answers.Cashiers:
        """List one's own cashiers."""
        return self._transport.ask(answers.Cashiers, "GET", "/v1/cashiers")

    def list_cashbacks(
        self, *, role: Literal["owner", "payer"], cursor: str | None = None, limit: int = 50
    ) -> answers.CashbackPage:
        """List what one owes or is owed as cashback, the last quote first."""
        return self._transport.ask(
            answers.CashbackPage, "GET", "/v1/cashbacks", query={"role": role, "cursor": cursor, "limit": limit}
        )

    def show_order_code(self, order_id: str) -> answers.OrderCodeShape:
        """Show the code of one's own order, good for two minutes from now on."""
        return self._transport.ask(answers.OrderCodeShape, "GET", f"/v1/orders/{escaped(order_id)}/code")

    def open_order_for(
        self, merchant_id: str, body: bodies.AskForOrder, *, key: str | None = None
    ) -> answers.OrderShape:
        """Open an order of the merchant, or get the one that was opened under this reference, whoever opened it."""
        return self._transport.ask(
            answers.OrderShape, "POST", f"/v1/merchants/{escaped(merchant_id)}/orders", body=body, key=key
        )

    def find_order_for(self, merchant_id: str, *, reference: str) -> answers.OrderShape:
        """Find an order of the merchant by its number."""
        return self._transport.ask(
            answers.OrderShape, "GET", f"/v1/merchants/{escaped(merchant_id)}/orders", query={"reference": reference}
        )

    def show_order_for(self, merchant_id: str, order_id: str) -> answers.OrderShape:
        """Show an order of the merchant as the merchant sees it."""
        return self._transport.ask(
            answers.OrderShape, "GET", f"/v1/merchants/{escaped(merchant_id)}/orders/{escaped(order_id)}"
        )

    def show_order_code_for(self, merchant_id: str, order_id: str) -> answers.OrderCodeShape:
        """Show the code of an order of the merchant, good for two minutes from now on."""
        return self._transport.ask(
            answers.OrderCodeShape, "GET", f"/v1/merchants/{escaped(merchant_id)}/orders/{escaped(order_id)}/code"
        )

    def void_order_for(
        self, merchant_id: str, order_id: str, body: bodies.Ask | None = None, *, key: str | None = None
    ) -> answers.OrderShape:
        """Close an order of the merchant that nobody has paid."""
        return self._transport.ask(
            answers.OrderShape,
            "POST",
            f"/v1/merchants/{escaped(merchant_id)}/orders/{escaped(order_id)}/void",
            body=body or {},
            key=key,
        )

    def refund_order_for(
        self, merchant_id: str, order_id: str, body: bodies.GiveBack, *, key: str | None = None
    ) -> answers.TransferAccepted:
        """Hand in a refund of an order that the merchant's own key has signed."""
        return self._transport.ask(
            answers.TransferAccepted,
            "POST",
            f"/v1/merchants/{escaped(merchant_id)}/orders/{escaped(order_id)}/refunds",
            body=body,
            key=key,
        )

    def refund_funded_order_for(
        self, merchant_id: str, order_id: str, body: bodies.RefundAFundedOrder, *, key: str | None = None
    ) -> answers.FundedRefundAccepted:
        """Hand in a refund of a funded order that the merchant has signed, or its cashier within the cap on the
        chain."""
        return self._transport.ask(
            answers.FundedRefundAccepted,
            "POST",
            f"/v1/merchants/{escaped(merchant_id)}/orders/{escaped(order_id)}/funded-refunds",
            body=body,
            key=key,
        )

    def take_code_for(self, merchant_id: str, body: bodies.TakeCode, *, key: str | None = None) -> answers.TakenShape:
        """Take a customer's payment code for the merchant, once: it tells whom to ask for the money."""
        return self._transport.ask(
            answers.TakenShape, "POST", f"/v1/merchants/{escaped(merchant_id)}/taken-codes", body=body, key=key
        )

    def show_balance(self) -> answers.Balance:
        """Show what one holds."""
        return self._transport.ask(answers.Balance, "GET", "/v1/balance")

    def show_activity(self, *, cursor: str | None = None, limit: int = 20) -> answers.ActivityPage:
        """Show what moved, newest first."""
        return self._transport.ask(
            answers.ActivityPage, "GET", "/v1/activity", query={"cursor": cursor, "limit": limit}
        )

    def show_statement(
        self,
        *,
        cursor: str | None = None,
        limit: int = 100,
        month: str | None = None,
        from_: str | None = None,
        to: str | None = None,
    ) -> answers.StatementShape:
        """Show what one held before a period, what came in and went out, what one held at its end, and the lines of
        it."""
        return self._transport.ask(
            answers.StatementShape,
            "GET",
            "/v1/statement",
            query={"cursor": cursor, "limit": limit, "month": month, "from": from_, "to": to},
        )

    def export_activity(self, *, month: str | None = None, from_: str | None = None, to: str | None = None) -> bytes:
        """Export what moved as CSV for a spreadsheet, oldest first; headings in the reader's language, amounts in
        yuan."""
        return self._transport.send("GET", "/v1/activity.csv", query={"month": month, "from": from_, "to": to}).content

    def ask_for_draw(self, body: bodies.AskForDraw | None = None, *, key: str | None = None) -> answers.DrawShape:
        """Have the dealer commit itself to the draws of one's next lucky packet."""
        return self._transport.ask(answers.DrawShape, "POST", "/v1/draws", body=body or {}, key=key)

    def give_packet(self, body: bodies.GivePacket, *, key: str | None = None) -> answers.PacketAccepted:
        """Give a red packet. Refused at once for whatever the escrow, the token or the day's limits would refuse it
        for."""
        return self._transport.ask(answers.PacketAccepted, "POST", "/v1/red-packets", body=body, key=key)

    def list_packets(
        self, *, role: Literal["given", "invited", "received"], cursor: str | None = None, limit: int = 20
    ) -> answers.PacketPage:
        """List one's own packets, newest first."""
        return self._transport.ask(
            answers.PacketPage, "GET", "/v1/red-packets", query={"role": role, "cursor": cursor, "limit": limit}
        )

    def make_phrase_key(self, body: bodies.MakePhraseKey, *, key: str | None = None) -> answers.PhraseKeyShape:
        """Make the claim key of a phrase packet. The gateway holds it: such a packet trusts the gateway."""
        return self._transport.ask(answers.PhraseKeyShape, "POST", "/v1/red-packets/phrase-keys", body=body, key=key)

    def show_packet(self, packet: str) -> answers.PacketShape:
        """Show a packet. Who takes no part in it sees what the chain shows: no greeting, no guests."""
        return self._transport.ask(answers.PacketShape, "GET", f"/v1/red-packets/{escaped(packet)}")

    def show_draw(self, packet: str) -> answers.DrawProof:
        """Show what proves the draw, from the chain's facts alone."""
        return self._transport.ask(answers.DrawProof, "GET", f"/v1/red-packets/{escaped(packet)}/draw")

    def refund_packet(
        self, packet: str, body: bodies.Ask | None = None, *, key: str | None = None
    ) -> answers.Submitted:
        """Have what is left go back to its creator, after the expiry; anybody may ask."""
        return self._transport.ask(
            answers.Submitted, "POST", f"/v1/red-packets/{escaped(packet)}/refund", body=body or {}, key=key
        )

    def collect_share(
        self, packet: str, body: bodies.Ask | None = None, *, key: str | None = None
    ) -> answers.Submitted:
        """Have a share paid that was owed: its payout failed (balance cap, freeze) when it was drawn."""
        return self._transport.ask(
            answers.Submitted, "POST", f"/v1/red-packets/{escaped(packet)}/collect", body=body or {}, key=key
        )

    def open_packet(
        self, packet: str, body: bodies.OpenPacket | None = None, *, key: str | None = None
    ) -> answers.ClaimAccepted:
        """Open a red packet: get a position in its queue at once, signed; the share follows with the block."""
        return self._transport.ask(
            answers.ClaimAccepted, "POST", f"/v1/red-packets/{escaped(packet)}/claims", body=body or {}, key=key
        )

    def list_shares(self, packet: str) -> answers.Shares:
        """List the drawn shares. Who takes no part in the packet sees what the chain shows: no names."""
        return self._transport.ask(answers.Shares, "GET", f"/v1/red-packets/{escaped(packet)}/claims")

    def give_thanks(self, packet: str, body: bodies.GiveThanks, *, key: str | None = None) -> answers.Thanked:
        """Say thanks for a drawn share, once: the creator hears of it, and who takes part reads it."""
        return self._transport.ask(
            answers.Thanked, "POST", f"/v1/red-packets/{escaped(packet)}/thanks", body=body, key=key
        )

    def show_own_claim(self, packet: str) -> answers.ClaimShape:
        """Show one's own claim."""
        return self._transport.ask(answers.ClaimShape, "GET", f"/v1/red-packets/{escaped(packet)}/claims/mine")

    def open_campaign(self, body: bodies.OpenACampaign, *, key: str | None = None) -> answers.CampaignAccepted:
        """Open a campaign with the sponsor's money. Refused at once for whatever the contract would refuse it for."""
        return self._transport.ask(answers.CampaignAccepted, "POST", "/v1/campaigns", body=body, key=key)

    def show_campaign(self, campaign: str) -> answers.CampaignShape:
        """Show a campaign: its terms, its words, and what became of its money."""
        return self._transport.ask(answers.CampaignShape, "GET", f"/v1/campaigns/{escaped(campaign)}")

    def list_shops(self, campaign: str, *, cursor: str | None = None, limit: int = 100) -> answers.CampaignShops:
        """List the shops that take a campaign's vouchers."""
        return self._transport.ask(
            answers.CampaignShops,
            "GET",
            f"/v1/campaigns/{escaped(campaign)}/shops",
            query={"cursor": cursor, "limit": limit},
        )

    def close_campaign(
        self, campaign: str, body: bodies.Ask | None = None, *, key: str | None = None
    ) -> answers.ClosingAccepted:
        """Have what is left go back to its sponsor, after the end; anybody may ask."""
        return self._transport.ask(
            answers.ClosingAccepted, "POST", f"/v1/campaigns/{escaped(campaign)}/close", body=body or {}, key=key
        )

    def list_vouchers(self, *, limit: int = 50) -> answers.Vouchers:
        """List one's vouchers: what is left, where, until when, and those that wait to be claimed."""
        return self._transport.ask(answers.Vouchers, "GET", "/v1/vouchers", query={"limit": limit})

    def claim_vouchers(
        self, campaign: str, body: bodies.ClaimMyVouchers | None = None, *, key: str | None = None
    ) -> answers.VouchersAccepted:
        """Claim one's vouchers of a campaign: all that its lists hold for the account and it has not had."""
        return self._transport.ask(
            answers.VouchersAccepted, "POST", f"/v1/campaigns/{escaped(campaign)}/vouchers", body=body or {}, key=key
        )

    def create_group(self, body: bodies.NameGroup, *, key: str | None = None) -> answers.GroupShape:
        """Make an empty group."""
        return self._transport.ask(answers.GroupShape, "POST", "/v1/contact-groups", body=body, key=key)

    def list_groups(self) -> answers.Groups:
        """List one's own groups with their members."""
        return self._transport.ask(answers.Groups, "GET", "/v1/contact-groups")

    def rename_group(self, group_id: str, body: bodies.NameGroup, *, key: str | None = None) -> answers.GroupShape:
        """Give a group another name."""
        return self._transport.ask(
            answers.GroupShape, "POST", f"/v1/contact-groups/{escaped(group_id)}/name", body=body, key=key
        )

    def add_contact(
        self, group_id: str, body: bodies.AddContact | None = None, *, key: str | None = None
    ) -> answers.GroupShape:
        """Add somebody, or change what one calls them. By phone it counts as a look-up."""
        return self._transport.ask(
            answers.GroupShape, "POST", f"/v1/contact-groups/{escaped(group_id)}/members", body=body or {}, key=key
        )

    def remove_contact(self, group_id: str, address: str) -> None:
        """Take somebody out of a group."""
        self._transport.send("DELETE", f"/v1/contact-groups/{escaped(group_id)}/members/{escaped(address)}")

    def delete_group(self, group_id: str) -> None:
        """Delete a group; what was split among it stays as it was."""
        self._transport.send("DELETE", f"/v1/contact-groups/{escaped(group_id)}")

    def open_payment_codes(
        self, body: bodies.OpenDevice | None = None, *, key: str | None = None
    ) -> answers.OpenedDeviceShape:
        """Let this device show payment codes; it reckons them by itself, without a network."""
        return self._transport.ask(answers.OpenedDeviceShape, "POST", "/v1/payment-codes", body=body or {}, key=key)

    def list_payment_codes(self) -> answers.Devices:
        """List one's own devices that show payment codes."""
        return self._transport.ask(answers.Devices, "GET", "/v1/payment-codes")

    def close_payment_codes(self, device_id: str) -> None:
        """Let a device show no codes any more: a phone that was lost."""
        self._transport.send("DELETE", f"/v1/payment-codes/{escaped(device_id)}")

    def read_scan(self, body: bodies.ScannedText, *, key: str | None = None) -> answers.ScanShape:
        """Say what a scanned text is: whose code, and which merchant and order to look up."""
        return self._transport.ask(answers.ScanShape, "POST", "/v1/scans", body=body, key=key)

    def take_code(self, body: bodies.TakeCode, *, key: str | None = None) -> answers.TakenShape:
        """Take a customer's payment code, once: it tells a merchant whom to ask for the money."""
        return self._transport.ask(answers.TakenShape, "POST", "/v1/taken-codes", body=body, key=key)

    def list_code_limits(self) -> answers.Allowances:
        """Show what one may pay by codes today, and what one has."""
        return self._transport.ask(answers.Allowances, "GET", "/v1/code-limits")

    def set_code_limit(self, body: bodies.SetLimit, *, key: str | None = None) -> answers.Allowances:
        """Set what codes of level A may pay in a day."""
        return self._transport.ask(answers.Allowances, "POST", "/v1/code-limits", body=body, key=key)

    def show_points(self) -> answers.PointsShape:
        """Show what one has in points, when they end, and one's tier."""
        return self._transport.ask(answers.PointsShape, "GET", "/v1/points")

    def show_points_statement(
        self,
        *,
        cursor: int | None = None,
        limit: int = 100,
        month: str | None = None,
        from_: str | None = None,
        to: str | None = None,
    ) -> answers.PointsStatementShape:
        """Show what one had before a period, what came in and went out, what one had at its end, and the lines of
        it."""
        return self._transport.ask(
            answers.PointsStatementShape,
            "GET",
            "/v1/points/statement",
            query={"cursor": cursor, "limit": limit, "month": month, "from": from_, "to": to},
        )

    def list_rewards(self) -> answers.Rewards:
        """List what is to be had for points."""
        return self._transport.ask(answers.Rewards, "GET", "/v1/points/rewards")

    def take_reward(self, body: bodies.TakeReward, *, key: str | None = None) -> answers.RedemptionShape:
        """Take one of a reward."""
        return self._transport.ask(answers.RedemptionShape, "POST", "/v1/points/redemptions", body=body, key=key)

    def list_redemptions(self) -> answers.Redemptions:
        """List what one has taken."""
        return self._transport.ask(answers.Redemptions, "GET", "/v1/points/redemptions")

    def prove_points(self, *, day: str | None = None) -> answers.PointsProofShape:
        """Prove that one's points were counted in a day's root."""
        return self._transport.ask(answers.PointsProofShape, "GET", "/v1/points/proof", query={"day": day})

    def become_merchant(self, body: bodies.BecomeMerchant, *, key: str | None = None) -> answers.MerchantShape:
        """Make one's account a business's, and ask the chain for the merchants' tier."""
        return self._transport.ask(answers.MerchantShape, "POST", "/v1/merchants", body=body, key=key)

    def list_merchants(self) -> answers.Merchants:
        """List the merchants for which one acts."""
        return self._transport.ask(answers.Merchants, "GET", "/v1/merchants")

    def show_merchant(self, merchant_id: str) -> answers.MerchantShape:
        """Show a merchant for which one acts."""
        return self._transport.ask(answers.MerchantShape, "GET", f"/v1/merchants/{escaped(merchant_id)}")

    def open_store(self, merchant_id: str, body: bodies.OpenStore, *, key: str | None = None) -> answers.StoreShape:
        """Open a store."""
        return self._transport.ask(
            answers.StoreShape, "POST", f"/v1/merchants/{escaped(merchant_id)}/stores", body=body, key=key
        )

    def list_stores(self, merchant_id: str) -> answers.Stores:
        """List the open stores."""
        return self._transport.ask(answers.Stores, "GET", f"/v1/merchants/{escaped(merchant_id)}/stores")

    def close_store(self, merchant_id: str, store_id: str) -> None:
        """Close a store and its tills."""
        self._transport.send("DELETE", f"/v1/merchants/{escaped(merchant_id)}/stores/{escaped(store_id)}")

    def set_up_till(
        self, merchant_id: str, store_id: str, body: bodies.SetUpTill, *, key: str | None = None
    ) -> answers.TillShape:
        """Set a till up under a number that the merchant has given to none before."""
        return self._transport.ask(
            answers.TillShape,
            "POST",
            f"/v1/merchants/{escaped(merchant_id)}/stores/{escaped(store_id)}/tills",
            body=body,
            key=key,
        )

    def list_tills(self, merchant_id: str) -> answers.Tills:
        """List the open tills."""
        return self._transport.ask(answers.Tills, "GET", f"/v1/merchants/{escaped(merchant_id)}/tills")

    def close_till(self, merchant_id: str, till: str) -> None:
        """Close a till; its number is not given again."""
        self._transport.send("DELETE", f"/v1/merchants/{escaped(merchant_id)}/tills/{escaped(till)}")

    def appoint_staff(self, merchant_id: str, body: bodies.Appoint, *, key: str | None = None) -> answers.StaffShape:
        """Let an account act for the merchant, or change its role. The session must be at most 10 minutes old."""
        return self._transport.ask(
            answers.StaffShape, "POST", f"/v1/merchants/{escaped(merchant_id)}/staff", body=body, key=key
        )

    def list_staff(self, merchant_id: str) -> answers.StaffList:
        """List who acts for the merchant."""
        return self._transport.ask(answers.StaffList, "GET", f"/v1/merchants/{escaped(merchant_id)}/staff")

    def dismiss_staff(self, merchant_id: str, address: str) -> None:
        """Let an account act for the merchant no longer."""
        self._transport.send("DELETE", f"/v1/merchants/{escaped(merchant_id)}/staff/{escaped(address)}")

    def make_api_key(self, merchant_id: str, body: bodies.MakeKey, *, key: str | None = None) -> answers.KeyMade:
        """Make an API key; its token is shown this once. The session must be at most 10 minutes old."""
        return self._transport.ask(
            answers.KeyMade, "POST", f"/v1/merchants/{escaped(merchant_id)}/api-keys", body=body, key=key
        )

    def list_api_keys(self, merchant_id: str) -> answers.Keys:
        """List the live API keys, without their tokens."""
        return self._transport.ask(answers.Keys, "GET", f"/v1/merchants/{escaped(merchant_id)}/api-keys")

    def rotate_api_key(
        self, merchant_id: str, key_id: str, body: bodies.RotateKey, *, key: str | None = None
    ) -> answers.KeyMade:
        """Make a key in another's place, which serves for the overlap beside it."""
        return self._transport.ask(
            answers.KeyMade,
            "POST",
            f"/v1/merchants/{escaped(merchant_id)}/api-keys/{escaped(key_id)}/rotate",
            body=body,
            key=key,
        )

    def revoke_api_key(self, merchant_id: str, key_id: str) -> None:
        """End an API key at once."""
        self._transport.send("DELETE", f"/v1/merchants/{escaped(merchant_id)}/api-keys/{escaped(key_id)}")

    def show_settlement(self, merchant_id: str, *, day: str | None = None) -> answers.SettlementShape:
        """Show what a day brought, by the times of the blocks."""
        return self._transport.ask(
            answers.SettlementShape, "GET", f"/v1/merchants/{escaped(merchant_id)}/settlement", query={"day": day}
        )

    def export_statement(
        self, merchant_id: str, *, month: str | None = None, from_: str | None = None, to: str | None = None
    ) -> bytes:
        """Export every line of a merchant's account as CSV, oldest first."""
        return self._transport.send(
            "GET",
            f"/v1/merchants/{escaped(merchant_id)}/statement.csv",
            query={"month": month, "from": from_, "to": to},
        ).content

    def add_endpoint(
        self, merchant_id: str, body: bodies.AddEndpoint, *, key: str | None = None
    ) -> answers.EndpointMade:
        """Add an endpoint; its secret is shown this once. It is told of what happens from now on."""
        return self._transport.ask(
            answers.EndpointMade, "POST", f"/v1/merchants/{escaped(merchant_id)}/webhook-endpoints", body=body, key=key
        )

    def list_endpoints(self, merchant_id: str) -> answers.Endpoints:
        """List the endpoints and their health."""
        return self._transport.ask(answers.Endpoints, "GET", f"/v1/merchants/{escaped(merchant_id)}/webhook-endpoints")

    def remove_endpoint(self, merchant_id: str, endpoint_id: str) -> None:
        """Remove an endpoint and what is on its way there."""
        self._transport.send("DELETE", f"/v1/merchants/{escaped(merchant_id)}/webhook-endpoints/{escaped(endpoint_id)}")

    def rotate_secret(
        self, merchant_id: str, endpoint_id: str, body: bodies.RotateSecret, *, key: str | None = None
    ) -> answers.EndpointMade:
        """Give an endpoint another secret; during the overlap both sign. The session must be at most 10 minutes
        old."""
        return self._transport.ask(
            answers.EndpointMade,
            "POST",
            f"/v1/merchants/{escaped(merchant_id)}/webhook-endpoints/{escaped(endpoint_id)}/secret",
            body=body,
            key=key,
        )

    def enable_endpoint(self, merchant_id: str, endpoint_id: str, *, key: str | None = None) -> answers.EndpointShape:
        """Try an endpoint again that was given up: what waited for it goes out."""
        return self._transport.ask(
            answers.EndpointShape,
            "POST",
            f"/v1/merchants/{escaped(merchant_id)}/webhook-endpoints/{escaped(endpoint_id)}/enable",
            key=key,
        )

    def send_test(self, merchant_id: str, endpoint_id: str, *, key: str | None = None) -> answers.DeliveryShape:
        """Send an event that says nothing, to see whether it arrives."""
        return self._transport.ask(
            answers.DeliveryShape,
            "POST",
            f"/v1/merchants/{escaped(merchant_id)}/webhook-endpoints/{escaped(endpoint_id)}/test",
            key=key,
        )

    def list_deliveries(
        self, merchant_id: str, endpoint_id: str, *, cursor: str | None = None, limit: int = 20
    ) -> answers.Deliveries:
        """List what was sent to an endpoint and what became of it, the newest first."""
        return self._transport.ask(
            answers.Deliveries,
            "GET",
            f"/v1/merchants/{escaped(merchant_id)}/webhook-endpoints/{escaped(endpoint_id)}/deliveries",
            query={"cursor": cursor, "limit": limit},
        )

    def replay_delivery(
        self, merchant_id: str, endpoint_id: str, delivery_id: str, *, key: str | None = None
    ) -> answers.DeliveryShape:
        """Send a delivery again, whatever became of it, under the same id."""
        return self._transport.ask(
            answers.DeliveryShape,
            "POST",
            f"/v1/merchants/{escaped(merchant_id)}/webhook-endpoints/{escaped(endpoint_id)}/deliveries/{escaped(delivery_id)}/replay",
            key=key,
        )

    def replay_failed(
        self, merchant_id: str, endpoint_id: str, body: bodies.ReplayFailed, *, key: str | None = None
    ) -> answers.Replayed:
        """Send again everything since a moment that was not accepted."""
        return self._transport.ask(
            answers.Replayed,
            "POST",
            f"/v1/merchants/{escaped(merchant_id)}/webhook-endpoints/{escaped(endpoint_id)}/replay",
            body=body,
            key=key,
        )

    def make_offer(self, body: bodies.NewOffer, *, key: str | None = None) -> answers.OfferShape:
        """Make an offer: a merchant of its own price, a sponsor of its own money."""
        return self._transport.ask(answers.OfferShape, "POST", "/v1/offers", body=body, key=key)

    def list_offers(
        self,
        *,
        role: Literal["payer", "owner"] = "payer",
        merchant: str | None = None,
        cursor: str | None = None,
        limit: int = 20,
    ) -> answers.OfferPage:
        """List the offers that are good now, newest first, or one's own. No order can be bought, no picture shown."""
        return self._transport.ask(
            answers.OfferPage,
            "GET",
            "/v1/offers",
            query={"role": role, "merchant": merchant, "cursor": cursor, "limit": limit},
        )

    def show_offer(self, offer_id: str) -> answers.OfferShape:
        """Show an offer to anybody: its terms, and once it has ended, the seed of its draws."""
        return self._transport.ask(answers.OfferShape, "GET", f"/v1/offers/{escaped(offer_id)}")

    def withdraw_offer(
        self, offer_id: str, body: bodies.Ask | None = None, *, key: str | None = None
    ) -> answers.OfferShape:
        """End one's own offer before its time; quotes that are open keep what they were promised."""
        return self._transport.ask(
            answers.OfferShape, "POST", f"/v1/offers/{escaped(offer_id)}/withdraw", body=body or {}, key=key
        )

    def ring_up(self, body: bodies.NewBasket, *, key: str | None = None) -> answers.BasketShape:
        """Ring up a basket: a merchant's act, at its own prices."""
        return self._transport.ask(answers.BasketShape, "POST", "/v1/baskets", body=body, key=key)

    def ask_quote(self, body: bodies.NewQuote, *, key: str | None = None) -> answers.QuoteShape:
        """Price a basket for oneself; what it takes of offers is held for five minutes."""
        return self._transport.ask(answers.QuoteShape, "POST", "/v1/quotes", body=body, key=key)

    def list_quotes(
        self, *, role: Literal["payer", "merchant"], cursor: str | None = None, limit: int = 20
    ) -> answers.QuotePage:
        """List the quotes that one asked for, or those on one's baskets with what is promised after them, newest
        first."""
        return self._transport.ask(
            answers.QuotePage, "GET", "/v1/quotes", query={"role": role, "cursor": cursor, "limit": limit}
        )

    def show_quote(self, quote_id: str) -> answers.QuoteShape:
        """Show a quote to its payer or its merchant."""
        return self._transport.ask(answers.QuoteShape, "GET", f"/v1/quotes/{escaped(quote_id)}")

    def cancel_quote(
        self, quote_id: str, body: bodies.Ask | None = None, *, key: str | None = None
    ) -> answers.QuoteShape:
        """Let go of a quote that one will not pay; its offers are free for others."""
        return self._transport.ask(
            answers.QuoteShape, "POST", f"/v1/quotes/{escaped(quote_id)}/cancel", body=body or {}, key=key
        )

    def open_box(self, body: bodies.OpenBox, *, key: str | None = None) -> answers.Box:
        """Read the last codes that went to a phone. Raises nothing for a phone that got none."""
        return self._transport.ask(answers.Box, "POST", "/v1/sandbox/sms", body=body, key=key)

    def move_time(self, body: bodies.MoveTime, *, key: str | None = None) -> answers.TimeMoved:
        """Move the chain's clock forward (nobody else's), and have the reserve attested anew for the new time."""
        return self._transport.ask(answers.TimeMoved, "POST", "/v1/sandbox/time", body=body, key=key)

    def report_entry(self, body: bodies.ReportEntry, *, key: str | None = None) -> answers.EntryShape:
        """Report money that arrived. Play money: sandbox only."""
        return self._transport.ask(answers.EntryShape, "POST", "/v1/sandbox/bank-entries", body=body, key=key)

    def show_alive(self) -> answers.Alive:
        """Say that the process answers; nothing else is asked."""
        return self._transport.ask(answers.Alive, "GET", "/healthz")

    def show_ready(self) -> answers.Ready:
        """Say whether requests are served in full: 200, or 503 with what is missing."""
        return self._transport.ask(answers.Ready, "GET", "/readyz")

    def show_metrics(self) -> bytes:
        """Show the figures that Prometheus reads."""
        return self._transport.send("GET", "/metrics").content

    def explain_problem(self, code: str) -> answers.ProblemShape:
        """Explain a problem by its code, as it stands in `type`; its title in the reader's language."""
        return self._transport.ask(answers.ProblemShape, "GET", f"/problems/{escaped(code)}")
