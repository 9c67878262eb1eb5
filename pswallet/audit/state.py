"""Holds the books kept from the logs against the state that the contracts themselves give."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import TypeVar

from pswallet.audit.accounts import SYSTEM, Account
from pswallet.audit.code import Addresses
from pswallet.audit.decode import selector, words
from pswallet.audit.ledger import NOBODY, Ledger
from pswallet.audit.node import Node
from pswallet.audit.packets import Packets
from pswallet.audit.report import Findings

_AT_ONCE = 5_000
_FIELDS = ("balance", "spentToday", "spentThisYear", "day", "oneFactorToday", "tier", "frozen")

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Contracts:
    """The contracts that hold state about money, and the one that keeps roots; lower case."""

    token: str
    escrow: str
    checkout: str
    voucher: str
    anchor: str


def contracts_of(addresses: Addresses) -> Contracts:
    """Return where a deployment's are."""
    return Contracts(
        token=addresses.stablecoin.lower(),
        escrow=addresses.escrow.lower(),
        checkout=addresses.checkout.lower(),
        voucher=addresses.voucher.lower(),
        anchor=addresses.anchor.lower(),
    )


def word_of(address: str) -> str:
    """Return an address as an ABI word without its prefix."""
    return address[2:].rjust(64, "0")


def account_call(address: str) -> str:
    """Return the call that reads an account's whole word."""
    return selector("Stablecoin", "accountOf") + word_of(address)


def packet_call(packet: str) -> str:
    """Return the call that reads a packet's slot."""
    return selector("RedPacketEscrow", "stateOf") + packet[2:]


class StateCheck:
    """Compares every account, packet, entry and sum at `block`."""

    def __init__(self, findings: Findings, node: Node, contracts: Contracts, block: int) -> None:
        self._findings, self._node, self._contracts, self._block = findings, node, contracts, block

    def run(self, ledger: Ledger, packets: Packets) -> tuple[list[str], list[str]]:
        """Compare everything; return the accounts and the packets that differ."""
        self._check_sums(ledger, packets)
        self._check_settings(ledger)
        self._check_entries(ledger)
        return self._check_accounts(ledger), self._check_packets(packets)

    def _wrong(self, check: str, message: str) -> None:
        self._findings.add(check, message, self._block)

    def _check_sums(self, ledger: Ledger, packets: Packets) -> None:
        supply = int(self._token("totalSupply"), 16)
        balances = sum(account.balance for account in ledger.accounts.values())
        self._findings.looked_at("supply", 2)
        if supply != ledger.supply:
            self._wrong("supply", f"the supply is {supply} fen; mints less redemptions are {ledger.supply}")
        if balances != ledger.supply:
            self._wrong("supply", f"the balances sum to {balances} fen; mints less redemptions are {ledger.supply}")
        held, due = ledger.account(self._contracts.escrow).balance, packets.outstanding()
        self._findings.looked_at("escrow", 1)
        if held != due:
            self._wrong("escrow", f"the escrow was paid {held} fen and its packets hold {due}")

    def _check_settings(self, ledger: Ledger) -> None:
        """Compare the tiers' limits and the reserve: a limit that no event set is no limit."""
        found = words(self._token("reserve"))
        self._findings.looked_at("mints", 1)
        if found != [ledger.reserve, ledger.reserve_expiry]:
            told = f"{ledger.reserve} fen until {ledger.reserve_expiry}"
            self._wrong(
                "mints", f"the token believes in a reserve of {found[0]} fen until {found[1]}; attested: {told}"
            )
        ask = selector("Stablecoin", "tierLimits")
        calls = [f"{ask}{tier:064x}" for tier in range(SYSTEM + 1)]
        answers = self._node.read_all(self._contracts.token, calls, self._block, words=6)
        for tier, answer in enumerate(answers):
            limits = ledger.tiers.get(tier)
            self._findings.looked_at("limits", 1)
            if words(answer) != list(limits or (0,) * 6):
                self._wrong("limits", f"tier {tier} has the limits {words(answer)}; the events say {limits}")

    def _check_entries(self, ledger: Ledger) -> None:
        ask = selector("Stablecoin", "isMinted")
        for entries in some(ledger.entries):
            calls = [ask + entry.hex() for entry in entries]
            answers = self._node.read_all(self._contracts.token, calls, self._block, words=1)
            for entry, answer in zip(entries, answers, strict=True):
                self._findings.looked_at("mints", 1)
                if not int(answer, 16):
                    self._wrong("mints", f"the token forgot that the bank entry 0x{entry.hex()} was minted")

    def _check_accounts(self, ledger: Ledger) -> list[str]:
        addresses = [*ledger.accounts, NOBODY] if NOBODY not in ledger.accounts else list(ledger.accounts)
        calls = [account_call(address) for address in addresses]
        differing = []
        answers = self._node.read_all(self._contracts.token, calls, self._block, words=len(_FIELDS))
        for address, answer in zip(addresses, answers, strict=True):
            self._findings.looked_at("accounts", 1)
            if tuple(words(answer)) != ledger.accounts.get(address, Account()).word():
                differing.append(address)
        return differing

    def _check_packets(self, packets: Packets) -> list[str]:
        ended = ("0x" + packet.hex() for packet in packets.ended)
        differing = []
        for ids in some(chain(packets.open, ended)):
            calls = [packet_call(packet) for packet in ids]
            answers = self._node.read_all(self._contracts.escrow, calls, self._block, words=4)
            for packet_id, answer in zip(ids, answers, strict=True):
                self._findings.looked_at("packets", 1)
                packet = packets.open.get(packet_id)
                if packet_state(answer) != (packet.state() if packet else (0, 0, bytes(20), 0)):
                    differing.append(packet_id)
        self._check_owed(packets)
        return differing

    def _check_owed(self, packets: Packets) -> None:
        ask = selector("RedPacketEscrow", "owedTo")
        owed = [(one, account, due) for one, packet in packets.open.items() for account, due in packet.owed.items()]
        calls = [ask + packet[2:] + word_of(account) for packet, account, _ in owed]
        answers = self._node.read_all(self._contracts.escrow, calls, self._block, words=1)
        for (packet, account, due), answer in zip(owed, answers, strict=True):
            self._findings.looked_at("escrow", 1)
            if int(answer, 16) != due:
                self._wrong("escrow", f"packet {packet} owes {account} {int(answer, 16)} fen; the events say {due}")

    def _token(self, function: str) -> str:
        return self._node.read(self._contracts.token, selector("Stablecoin", function), self._block)


def some(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Cut what may be long into lists of a few thousand."""
    rest = iter(items)
    while part := list(islice(rest, _AT_ONCE)):
        yield part


def packet_state(answer: str) -> tuple[int, int, bytes, int]:
    """Return what `stateOf` answered, the link as 20 bytes."""
    remaining, left, link, owed = words(answer)
    return remaining, left, link.to_bytes(32)[:20], owed


def told_apart(state: Sequence[int], book: Sequence[int]) -> str:
    """Say in which fields an account's state and its book differ."""
    pairs = zip(_FIELDS, state, book, strict=True)
    return ", ".join(f"{name} is {found}, the logs say {due}" for name, found, due in pairs if found != due)
