"""The chapter of a merchant's day: a shop opens, is paid by code, proves it without us, gives back, and balances."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from pswallet import receipt
from pswallet.chain.deploy import Deployment
from pswallet.chain.orders import Order
from pswallet.chain.rpc import Rpc
from pswallet.chain.signing import Domain, checkout_domain, token_domain
from pswallet.client import authorize_order
from pswallet.client.bodies import BasketItem, OfferTerms, PayAnOrder
from pswallet.demo import sponsoring
from pswallet.demo.cast import Person, World
from pswallet.demo.stage import StoryBroke
from pswallet.kit import clock
from pswallet.kit.money import Fen, format_yuan
from pswallet.merchants.rules import paycodes
from pswallet.till import rehearsal
from pswallet.till.closing import close
from pswallet.till.counter import Counter
from pswallet.till.journal import Journal
from pswallet.till.line import Line, News, Node
from pswallet.till.tickets import Ticket

_FEAST_FEN, _OFFERS_LAST = Fen(12_800), timedelta(hours=1)
_TEA_FEN, _BACK_FEN, _SNACK_FEN, _SUPPER_FEN = Fen(2_880), Fen(880), Fen(1_200), Fen(3_880)


def merchants_day(world: World) -> None:
    """A stall is paid by code, sees it on the chain without trusting the gateway, and closes a day that balances."""
    stage = world.stage
    stage.chapter("A merchant's day: paid by code, proven on the chain, balanced at night")
    keeper, guest, other = world.people[10], world.people[1], world.people[2]
    with _till(world, keeper) as counter:
        counter.open(rehearsal.TILL)
        before = guest.client.api.show_points()["free"]
        ticket = counter.ring_up(_TEA_FEN)
        signed = _scan_and_pay(world, guest, counter.code_of(ticket) or "")
        _wait(world, counter, ticket, lambda: ticket.paid is not None)
        stage.check(ticket.paid is not None and ticket.paid.by_node, "the till's own node says that it is paid")
        _prove(world, guest, ticket, signed)
        _earned(world, guest, before + _TEA_FEN // 100, "a point a yuan")
        _pay_by_phone_code(world, other, counter)
        _buy_at_an_offer(world, keeper, other)
        _pay_by_voucher(world, world.people[6], counter)
        counter.refund(ticket, _BACK_FEN)
        _wait(world, counter, ticket, lambda: ticket.refunds[-1].status == "confirmed")
        stage.say(f"{guest.name} brings a cup back: {format_yuan(_BACK_FEN)} of the {format_yuan(_TEA_FEN)} go back")
        _earned(world, guest, before + (_TEA_FEN - _BACK_FEN) // 100, "what the refund had earned is taken back")
        _balance(world, counter)


@contextmanager
def _till(world: World, keeper: Person) -> Iterator[Counter]:
    """The shop's till, which trusts the node and the published addresses; its journal lies beside the logs."""
    keeper.client.sign_in()
    patience_s = keeper.client.transport.patience_s
    contracts = Deployment.load(world.deployment_file)
    node = Node(world.rpc_url, token_domain(contracts), checkout_domain(contracts), _no_news)
    journal = Journal(world.folder / "till" / "journal.jsonl")
    yield Counter(Line(keeper.client, _no_news), journal, node)
    journal.close()
    node.close()
    keeper.client.transport.patience_s = patience_s


def _token(world: World) -> Domain:
    return token_domain(Deployment.load(world.deployment_file))


def _no_news(news: News) -> None:
    raise StoryBroke(f"the till's wire broke: {news}")


def _scan_and_pay(world: World, guest: Person, code: str) -> PayAnOrder:
    """Scan a till's code, look the order up, and pay it; return what was signed."""
    api = guest.client.api
    scanned = api.read_scan({"text": code})
    order = api.show_order(scanned["order"] or "")
    signed = authorize_order(guest.client.chain(), guest.client.key, order)
    api.pay_order(order["id"], signed)
    amount = format_yuan(order["amount_fen"])
    world.stage.say(f"{guest.name} scans the code ({len(code)} characters, EMVCo), sees {amount} and signs once")
    return signed


def _wait(world: World, counter: Counter, ticket: Ticket, so: Callable[[], bool]) -> None:
    def ask() -> bool:
        counter.look(ticket)
        return so()

    world.stage.until(f"sale {ticket.reference}", ask)


def _prove(world: World, guest: Person, ticket: Ticket, signed: PayAnOrder) -> None:
    """Make the receipt from the node alone, and verify it by the command, which asks the node alone too."""
    if ticket.order is None or ticket.paid is None or ticket.paid.short is None:
        raise StoryBroke("a paid sale has no place on the chain")
    short = receipt.read_short(ticket.paid.short)
    with Rpc(world.rpc_url) as node:
        made = receipt.build(
            node,
            _token(world),
            Order.from_json(ticket.order),
            payer=guest.address,
            signature=bytes.fromhex(signed["signature"][2:]),
            transaction=short.transaction,
            valid_before=signed["valid_before"],
        )
    file = world.folder / "receipt.json"
    file.write_bytes(receipt.write(made))
    world.stage.say(f"the receipt, {file.stat().st_size:,} bytes, is verified on the node; the gateway is not asked:")
    verdict = world.anybody("receipt", "verify", file, "--rpc", world.rpc_url)
    world.stage.paste(verdict)
    world.stage.check(verdict.startswith("✓"), "a Merkle proof up to the block's hash, and the payer's signature")


def _pay_by_phone_code(world: World, guest: Person, counter: Counter) -> None:
    """Take the eighteen digits of a customer's phone, which asks its owner to pay."""
    api = guest.client.api
    device = api.open_payment_codes({})
    key = bytes.fromhex(device["key"][2:])
    digits = paycodes.code_at(key, paycodes.Moment(paycodes.step_at(clock.now()), 0))
    ticket = counter.ring_up(_SNACK_FEN)
    counter.take(ticket, digits)
    world.stage.say(f"the till scans {digits} off {guest.name}'s phone, which asks: {format_yuan(_SNACK_FEN)}?")
    if ticket.order is None:
        raise StoryBroke("the sale has no order")
    guest.client.pay_order(api.show_order(ticket.order["id"]))
    _wait(world, counter, ticket, lambda: ticket.paid is not None)
    api.close_payment_codes(device["id"])
    world.stage.check(ticket.customer == guest.address, f"{guest.name} signs, and has paid")


def _pay_by_voucher(world: World, holder: Person, counter: Counter) -> None:
    """Ring up a supper that a voucher helps to pay: the till need not know."""
    ticket = counter.ring_up(_SUPPER_FEN)
    api = holder.client.api
    scanned = api.read_scan({"text": counter.code_of(ticket) or ""})
    sponsoring.spend(world, holder, api.show_order(scanned["order"] or ""))
    _wait(world, counter, ticket, lambda: ticket.paid is not None)
    funded = ticket.paid is not None and ticket.paid.funded is not None
    world.stage.check(
        funded, f"one transaction brings both: the till's own node says that {format_yuan(_SUPPER_FEN)} are paid"
    )


def _buy_at_an_offer(world: World, keeper: Person, guest: Person) -> None:
    """Two offers of the shop on one basket: the best price is found, explained line by line, and paid."""
    begins = clock.from_unix(world.chain.block_time)
    starts_at, ends_at = (f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (begins, begins + _OFFERS_LAST))
    terms: list[OfferTerms] = [
        {"kind": "discount", "pay_bp": 8_800},
        {"kind": "reduction", "steps": [{"reach_fen": 10_000, "less_fen": 2_000}]},
    ]
    for one in terms:
        keeper.client.api.make_offer({"terms": one, "budget_fen": 10_000, "starts_at": starts_at, "ends_at": ends_at})
    item: BasketItem = {"code": "feast", "name": "客家宴", "unit_price_fen": _FEAST_FEN}
    basket = keeper.client.api.ring_up({"items": [item]})
    quote = guest.client.api.ask_quote({"basket_id": basket["id"], "price_fen": _FEAST_FEN})
    world.stage.say(f"{guest.name} asks the best price of a feast for {format_yuan(_FEAST_FEN)}:")
    for line in quote["explanation"]:
        world.stage.paste(line)
    order = guest.client.api.order_quote(quote["id"])
    guest.client.pay_order(order)
    world.stage.until("the feast", lambda: guest.client.api.show_order(order["id"])["status"] == "paid")
    whole = quote["own_fen"] + sum(quote["funded_fen"].values()) == _FEAST_FEN
    world.stage.check(whole, f"{guest.name} pays {format_yuan(order['amount_fen'])}; each fen of the rest has a funder")


def _earned(world: World, guest: Person, points: int, why: str) -> None:
    world.stage.until(f"{points} points", lambda: guest.client.api.show_points()["free"] == points)
    world.stage.check(True, f"{guest.name} has {points} points: {why}")


def _balance(world: World, counter: Counter) -> None:
    closing = close(counter)
    told = closing.settlement
    if told is None:
        raise StoryBroke("a till with the shop's own key does not see the shop's day")
    rows = [
        ("opening", told["opening_fen"]), ("+ sales", told["sales_fen"]), ("− refunds", told["refunds_fen"]),
        ("+ deposits", told["deposits_fen"]), ("− payouts", told["payouts_fen"]), ("closing", told["closing_fen"]),
        ("the node says", closing.held_fen or 0),
    ]  # fmt: skip
    world.stage.table("The shop's day", ("", "¥"), [(name, format_yuan(fen)) for name, fen in rows])
    kept = format_yuan(closing.day.kept)
    world.stage.check(closing.balances, f"of it {kept} are the till's; journal, orders, settlement and chain agree")
