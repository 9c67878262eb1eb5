"""The token's rows: a transfer, an authorization, a batch of 100 of them; direct and behind the proxy.

As contracts.md §5 demands: not the day's first payment, recipients hold a balance, the payer's nonce word is in use;
payers and payees are of one tier; a batch has 100 different payers, who pay one payee.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.gas_rows import NOON, Chain, Row, emitted, person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eth_account.signers.local import LocalAccount
    from web3.contract import Contract

YUAN = 100
T1, T2 = 2, 3
LIMITS = [
    # (maxBalance, perPayment, perDay, perYear, oneFactorPerDay, lifetime) [fen] of T0, T1, T2, T3, merchant, sponsor
    (100_000, 50_000, 100_000, 100_000, 100_000, True),
    (1_000_000, 200_000, 500_000, 5_000_000, 500_000, False),
    (10_000_000, 2_000_000, 5_000_000, 10_000_000, 5_000_000, False),
    (50_000_000, 5_000_000, 10_000_000, 20_000_000, 10_000_000, False),
    (10**12, 10**10, 10**11, 10**13, 10**11, False),
    (10**12, 10**10, 10**11, 10**13, 10**11, False),
]
TRANSFER_WITH_AUTHORIZATION = [
    {"name": name, "type": kind}
    for name, kind in (
        *(("from", "address"), ("to", "address"), ("value", "uint256")),
        *(("validAfter", "uint256"), ("validBefore", "uint256"), ("nonce", "bytes32")),
    )
]
BATCH = 100
INITIALIZABLE_SLOT = 0xF0C57E16840DF040F15088DC2F81FE391C3923BEC73E23A9662EFC9C229C6A00
"""ERC-7201 slot of OpenZeppelin's Initializable."""
CALL_GAS_CAP = 120_000


@dataclass
class Token:
    """A deployed token whose operator holds every role, and the batch in front of it."""

    chain: Chain
    contract: Contract
    batch: Contract

    def enrol(self, *addresses: str, tier: int = T2, fen: int = 500 * YUAN) -> None:
        """Register `addresses` and mint `fen` to each."""
        self.chain.send(self.contract.functions.setTiers([(address, tier) for address in addresses]))
        entries = [(address, fen, self.chain.w3.keccak(text=f"{address} {tier}")) for address in addresses]
        self.chain.send(self.contract.functions.mintMany(entries))

    def authorization(self, payer: LocalAccount, to: str, nonce: int) -> tuple[Any, ...]:
        """Return the arguments of `payer`'s signed authorization of ¥12.34 to `to`."""
        message = {
            "from": payer.address,
            "to": to,
            "value": 1234,
            "validAfter": NOON - 3600,
            "validBefore": NOON + 3600,
        }
        message["nonce"] = nonce.to_bytes(32, "big")
        domain = {"name": "Sandbox Yuan Voucher", "version": "1"}
        domain |= {"chainId": self.chain.w3.eth.chain_id, "verifyingContract": self.contract.address}
        signed = payer.sign_typed_data(domain, {"TransferWithAuthorization": TRANSFER_WITH_AUTHORIZATION}, message)
        return (*message.values(), signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big"))


def deploy(chain: Chain, *, proxied: bool) -> Token:
    """Deploy the token with its roles, tiers and an ample attestation."""
    manager = chain.deploy("AccessManager", chain.operator)
    if proxied:
        implementation = chain.deploy("Stablecoin")
        data = implementation.encode_abi("initialize", [manager.address, LIMITS])
        proxy = chain.deploy("ERC1967Proxy", implementation.address, data)
        contract = chain.at("Stablecoin", proxy.address)
    else:
        # The very implementation, called without its proxy: only its constructor's lock on `initialize` is taken off.
        contract = chain.deploy("Stablecoin")
        chain.store(contract.address, INITIALIZABLE_SLOT, 0)
        chain.send(contract.functions.initialize(manager.address, LIMITS))
    for role, _name, _delay, selectors in chain.deploy("Roles").functions.permissions().call()[:8]:  # the token's
        if selectors:
            chain.send(manager.functions.setTargetFunctionRole(contract.address, selectors, role))
        chain.send(manager.functions.grantRole(role, chain.operator, 0))
    chain.send(contract.functions.attestReserve(10**15))
    return Token(chain, contract, chain.deploy("Batch"))


def rows(chain: Chain) -> Iterator[Row]:
    """Measure the six rows, and tell two dearer cases that have no bar."""
    direct, proxied = deploy(chain, proxied=False), deploy(chain, proxied=True)
    yield Row("transfer", "transfer, all limits checked", _transfer(direct), 37_500)
    yield Row("transfer_proxied", "the same behind the proxy", _transfer(proxied), 42_500)
    yield Row("authorization", "transferWithAuthorization (v, r, s)", _authorization(direct), 51_000)
    yield Row("authorization_proxied", "the same behind the proxy", _authorization(proxied), 56_500)
    yield Row("authorization_batch100", "the same, each of 100 in one batch", _batch(direct), 25_500)
    yield Row("authorization_batch100_proxied", "the same behind the proxy", _batch(proxied), 26_500)
    yield Row("transfer_two_tiers", "transfer between two tiers, direct", _transfer(direct, T1), None)
    yield Row("authorization_batch100_payees", "each of 100 in one batch to 100 payees", _batch(direct, BATCH), None)


def _transfer(token: Token, payee_tier: int = T2) -> int:
    payer, payee = token.chain.spare[payee_tier], person(f"payee of transfers at tier {payee_tier}").address
    token.enrol(payer)
    token.enrol(payee, tier=payee_tier)
    pay = token.contract.functions.transfer(payee, 1234)
    token.chain.send(pay, payer)
    return token.chain.send(pay, payer)["gasUsed"]


def _authorization(token: Token) -> int:
    payer, payee = person("payer"), person("payee of authorizations").address
    token.enrol(payer.address, payee)
    used = [
        token.chain.send(
            token.contract.get_function_by_signature(
                "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
            )(*token.authorization(payer, payee, nonce))
        )["gasUsed"]
        for nonce in (1, 2)
    ]
    return used[-1]


def _batch(token: Token, payee_count: int = 1) -> int:
    payers = [person(f"payer {i} to {payee_count}") for i in range(BATCH)]
    payees = [person(f"payee {i} of {payee_count}").address for i in range(payee_count)]
    token.enrol(*(payer.address for payer in payers), *payees)
    form = token.contract.get_function_by_signature(
        "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
    )
    for nonce in (1, 2):
        calls = [form(*token.authorization(payer, payees[i % payee_count], nonce)) for i, payer in enumerate(payers)]
        items = [(token.contract.address, CALL_GAS_CAP, call._encode_transaction_data()) for call in calls]
        receipt = token.chain.send(token.batch.functions.execute(items))
        if (paid := len(emitted(token.contract, "Transfer", receipt))) != BATCH:
            raise RuntimeError(f"{paid} of {BATCH} authorizations moved money")
    return -(-receipt["gasUsed"] // BATCH)
