"""Who and what is in a replay, and its first stages: people and shops register, money comes, the campaign opens."""

import secrets
from dataclasses import asdict, dataclass, field
from typing import cast

import orjson

from pswallet.bank.service import entry_hash
from pswallet.chain.acts import carry_out, schedule, set_tier_limits
from pswallet.chain.funded import Campaign
from pswallet.chain.hashing import keccak
from pswallet.chain.signing import address_of, sign, token_domain, voucher_domain
from pswallet.chain.terms import ZERO_32
from pswallet.client import Chain, Client, Key, authorize, bodies
from pswallet.kit.db import transaction
from pswallet.replay.drawing import Draw
from pswallet.replay.facts import END, START, Totals
from pswallet.replay.lines import Reply, ask_all, post
from pswallet.replay.machine import Machine
from pswallet.replay.people import category_of, key_of
from pswallet.replay.registry import Member, Office, bring_in, raise_to, register
from pswallet.replay.screen import Screen, counting
from pswallet.vouchers import service as vouchers
from pswallet.vouchers.rules import SPONSOR_TIER

CONNECTIONS = 256
_ADMIN_WAITS_S = 48 * 3600 + 60
_WORDS = {"zh_cn": "礼享罗湖(重演)", "zh_hk": "禮享羅湖(重演)", "en": "Luohu's red packets, replayed"}
_NOTES = {"zh_cn": "仅限名单内商户", "zh_hk": "只限名單內商戶", "en": "In the shops of the list only"}


class ReplayBroke(RuntimeError):
    """The gateway refused what it must take; the message is its answer."""


@dataclass(slots=True)
class Side:
    """Everybody of a role, by number: keys and sessions."""

    keys: list[Key]
    members: list[Member]

    def address(self, number: int) -> str:
        """Return somebody's address."""
        return self.keys[number].address


@dataclass(slots=True)
class World:
    """The machine, the screen, what is played, and everybody in it."""

    machine: Machine
    screen: Screen
    totals: Totals
    drawn: Draw
    people: Side = field(init=False)
    shops: Side = field(init=False)
    others: Side = field(init=False)
    """The district (0), whose campaign it is, and an employer (1), whose wages are people's own money."""
    campaign: str = ""
    terms: Campaign = field(init=False)
    chain: Chain = field(init=False)

    def ask(self, requests: list[bytes], status: int, stage: str, words: str) -> list[Reply]:
        """Send requests under a bar. Raises ReplayBroke at an answer of another status."""
        host, port = self.machine.address
        with self.screen.stage(stage, len(requests), words) as advance:
            replies = ask_all(host, port, requests, connections=CONNECTIONS, heard=counting(advance))
        wrong = next((reply for reply in replies if reply.status != status), None)
        if wrong is not None:
            raise ReplayBroke(f"{words}: {wrong.status} {wrong.body.decode(errors='replace')[:500]}")
        return replies

    def post(self, path: str, body: object, member: Member) -> bytes:
        """Build a POST of a member, under a key of its own."""
        key = secrets.token_hex(12)
        return post(path, orjson.dumps(body), token=member.token, key=key, host=self.machine.address[0])

    def client(self, number: int) -> Client:
        """Return the client of the district or the employer."""
        client = Client(self.machine.stack.url, self.others.keys[number])
        client.token = self.others.members[number].token
        return client


# --- registration ---


def settle_in(world: World) -> None:
    """Register the district, the employer, the shops and the people, and wait until the chain knows them."""
    before = world.machine.scalar("SELECT count(*) FROM account_tiers")
    world.others = _enter(world, "office", 2)
    with transaction(world.machine.sessions) as session:
        raise_to(session, world.others.members, SPONSOR_TIER)
    world.shops = _enter(world, "shop", world.totals.shops)
    world.people = _enter(world, "person", world.totals.people)
    # A shop has three tiers one after the other: visitor, checked by name, merchant.
    tiers = 2 * 2 + 3 * world.totals.shops + world.totals.people
    query = f"SELECT count(*) - {before} FROM account_tiers"  # noqa: S608 - a number
    with world.screen.stage("registration", tiers, "tiers on the chain") as advance:
        world.machine.wait(query, tiers, heard=advance)


def _enter(world: World, role: str, count: int) -> Side:
    machine, seed = world.machine, world.drawn.seed
    office = Office(
        machine.stack.database_url, machine.stack.keys_file, machine.stack.public_url, machine.deployment.chain_id, seed
    )
    done = 0
    with world.screen.stage("registration", count, f"registered: {role}") as advance:

        def heard(more: int) -> None:
            nonlocal done
            done += more
            advance(done)

        members = (
            bring_in(office, count, heard=heard) if role == "person" else register(office, role, count, heard=heard)
        )
    return Side([key_of(seed, role, number) for number in range(count)], members)


# --- money ---


def pay_in(world: World) -> None:
    """Bring the district's and the employer's money in by bank entries, and let the district spend its budget at once.

    A sponsor's limit a payment is lower than this budget: ADMIN raises it, 48 hours after it was announced.
    """
    machine = world.machine
    wages = world.drawn.own_fen
    for number, fen in enumerate((world.totals.budget_fen, wages)):
        if fen:
            entry = f"LUOHU-2020-{number}"
            address = world.others.address(number)
            machine.city.api.report_entry({"address": address, "amount_fen": fen, "entry": entry})
            machine.wait("SELECT count(*) FROM bank_mints WHERE entry = :entry", 1, entry=entry_hash(entry))
    budget = world.totals.budget_fen
    act = set_tier_limits(
        SPONSOR_TIER, max_balance=10**10, per_payment=budget, per_day=budget, per_year=10**11, lifetime=False
    )
    admin = cast("bytes", machine.keys.admin)
    schedule(machine.rpc, machine.deployment, act, admin)
    machine.move_clock(machine.chain_time() + _ADMIN_WAITS_S)
    carry_out(machine.rpc, machine.deployment, act, admin)


def pay_wages(world: World) -> None:
    """Give people the own money that they will add: transfers that the employer signs."""
    due = [(payment.person, payment.own_fen) for payment in world.drawn.payments if payment.own_fen]
    if not due:
        return
    key, member = world.others.keys[1], world.others.members[1]
    with world.client(1) as employer:
        chain = employer.chain()
    requests = []
    for person, fen in due:
        to = world.people.address(person)
        requests.append(
            world.post("/v1/transfers", {"to": to, "amount_fen": fen, **authorize(chain, key, to, fen)}, member)
        )
    world.ask(requests, 202, "wages", "wages asked for")
    query = "SELECT count(*) FROM authorization_uses WHERE payer = :payer"
    with world.screen.stage("wages", len(due), "wages on the chain") as advance:
        world.machine.wait(query, len(due), heard=advance, payer=key.address)


# --- the campaign ---


def open_campaign(world: World) -> None:
    """Load the shops, open the district's campaign by its one signature, and publish who won."""
    machine, district = world.machine, world.others.keys[0]
    voucher, token = voucher_domain(machine.deployment), token_domain(machine.deployment)
    shops = [(world.shops.address(number), int(category_of(number))) for number in range(world.totals.shops)]
    with transaction(machine.sessions) as session:
        root = vouchers.keep_shops(session, shops)
    world.terms = Campaign(
        sponsor=district.address, budget=world.totals.budget_fen, face=world.totals.face_fen, per_person=1,
        start=START, end=END, minimum_spend=0, divisible=True, merchants=root,
        issuer=address_of(machine.keys.sponsor), lottery=ZERO_32,
        salt="0x" + keccak(f"luohu {world.drawn.seed}".encode()).hex(),
    )  # fmt: skip
    signature = sign(vouchers.money_digest(world.terms, token=token, voucher=voucher), district.secret)
    body = {"terms": asdict(world.terms), "names": _WORDS, "notes": _NOTES, "signature": "0x" + signature.hex()}
    with world.client(0) as client:
        world.chain = client.chain()
        world.campaign = client.api.open_campaign(cast("bodies.OpenACampaign", body))["id"]
    machine.wait("SELECT count(*) FROM campaign_openings WHERE campaign = :campaign", 1, campaign=world.campaign)
    winners = [(key.address, 1) for key in world.people.keys]
    with transaction(machine.sessions) as session:
        vouchers.list_winners(session, world.campaign, winners, voucher=voucher, issuer_key=machine.keys.sponsor)
    machine.wait("SELECT count(*) FROM winner_listings WHERE campaign = :campaign", 1, campaign=world.campaign)


def claim(world: World) -> float:
    """Let those who claim do so; return how many a second had theirs."""
    path, claimers = f"/v1/campaigns/{world.campaign}/vouchers", world.drawn.claimers
    requests = [world.post(path, {}, world.people.members[person]) for person in claimers]
    with world.screen.timed("claims, whole"):
        world.ask(requests, 202, "claims", "red packets asked for")
        with world.screen.stage("claims", len(claimers), "red packets on the chain") as advance:
            world.machine.wait(ENTRIES, len(claimers), heard=advance, campaign=world.campaign, kind="issued")
    return len(claimers) / world.screen.took_s.pop("claims, whole")


ENTRIES = "SELECT count(*) FROM voucher_entries WHERE campaign = :campaign AND kind = :kind"
"""How many vouchers of a campaign were issued, spent …"""


def close(world: World) -> None:
    """Move the clock to the end, and have the rest go back to the district: anybody may ask."""
    machine = world.machine
    machine.move_clock(END)
    with world.client(1) as anybody:
        anybody.api.close_campaign(world.campaign)
    machine.wait("SELECT count(*) FROM campaign_closings WHERE campaign = :campaign", 1, campaign=world.campaign)
