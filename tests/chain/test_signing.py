"""One definition of each EIP-712 type, held against the contracts and against two other implementations."""

import secrets

import pytest
from eth_abi import encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given, settings
from hypothesis import strategies as st

from pswallet.chain import signing
from pswallet.chain.abi import artifact, call_data
from pswallet.chain.signing import TYPES, Domain, SignatureMalformed, StructType
from tests.parts import Person

DOMAIN = Domain("Sandbox Yuan Voucher", "1", 31337, signing.checksum(b"\x11" * 20))
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

VALUES = {
    "address": st.binary(min_size=20, max_size=20).map(signing.checksum),
    "bool": st.booleans(),
    "bytes20": st.binary(min_size=20, max_size=20),
    "bytes32": st.binary(min_size=32, max_size=32),
    "uint16": st.integers(0, 2**16 - 1),
    "uint32": st.integers(0, 2**32 - 1),
    "uint64": st.integers(0, 2**64 - 1),
    "uint256": st.integers(0, 2**256 - 1),
}


def messages(struct: StructType) -> st.SearchStrategy[dict]:
    return st.fixed_dictionaries({name: VALUES[kind] for name, kind in struct.fields})


@pytest.mark.parametrize("struct", TYPES.values(), ids=TYPES)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_the_digest_is_that_of_eth_account(struct, data):
    message = data.draw(messages(struct))
    full = {**signing.typed_data(DOMAIN, struct, message), "message": message}
    theirs = encode_typed_data(full_message=full)
    assert signing.struct_hash(struct, message) == theirs.body
    assert DOMAIN.separator == theirs.header


@pytest.mark.parametrize("struct", TYPES.values(), ids=TYPES)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_the_struct_hash_is_that_of_abi_encoding(struct, data):
    message = data.draw(messages(struct))
    kinds = ["bytes32", *(kind for _, kind in struct.fields)]
    encoded = encode(kinds, [struct.type_hash, *(message[name] for name, _ in struct.fields)])
    assert signing.struct_hash(struct, message) == signing.keccak(encoded)


CONTRACT_TYPES = {
    "Stablecoin": ["TransferWithAuthorization", "ReceiveWithAuthorization", "CancelAuthorization", "Permit", "Redeem"],
    "RedPacketEscrow": ["RedPacket", "LinkClaim", "Deal"],
    "MerchantCheckout": ["FundedOrder", "Budget", "Sponsorship", "Refund", "Cashier"],
    "CityVoucher": ["Campaign", "Winners"],
}


@pytest.mark.parametrize(("contract", "name"), [(c, name) for c, names in CONTRACT_TYPES.items() for name in names])
def test_the_type_hash_stands_in_the_contracts_code(contract, name):
    assert TYPES[name].type_hash in artifact(contract).deployed


def test_every_type_but_the_ticket_the_orders_and_the_lottery_belongs_to_a_contract():
    alone = {"PositionTicket", "Order", "OrderRefund", "Lottery"}
    assert {name for names in CONTRACT_TYPES.values() for name in names} == set(TYPES) - alone


@pytest.mark.parametrize(
    ("name", "signature"),
    [
        ("Order", "Order(address merchant,bytes32 till,bytes32 reference,uint256 amount,uint256 expiry)"),
        ("OrderRefund", "OrderRefund(bytes32 order,uint256 number)"),
    ],
)
def test_a_type_that_no_contract_knows_is_as_published(name, signature):
    assert TYPES[name].signature == signature


def test_the_domains_are_those_of_the_contracts(chain):
    for address, domain in (
        (chain.deployment.stablecoin, signing.token_domain(chain.deployment)),
        (chain.deployment.escrow, signing.escrow_domain(chain.deployment)),
        (chain.deployment.checkout, signing.checkout_domain(chain.deployment)),
        (chain.deployment.voucher, signing.voucher_domain(chain.deployment)),
    ):
        data = call_data("Stablecoin", "eip712Domain()", [])
        answer = bytes.fromhex(chain.rpc.call("eth_call", [{"to": address, "data": "0x" + data.hex()}, "latest"])[2:])
        from eth_abi import decode

        _, name, version, chain_id, contract, _, _ = decode(
            ["bytes1", "string", "string", "uint256", "address", "bytes32", "uint256[]"], answer
        )
        assert (name, version, chain_id) == (domain.name, domain.version, domain.chain_id)
        assert contract == domain.verifying_contract.lower()


def test_the_packets_id_is_the_escrows_own(chain, pipeline):
    packet = pipeline.packet(Person("ann"), (Person("bob"),), shares=1)
    terms = tuple(
        bytes.fromhex(value[2:]) if kind.startswith("bytes") else value
        for (_, kind), value in zip(signing.RED_PACKET.fields, packet.terms.message().values(), strict=True)
    )
    data = artifact("RedPacketEscrow").call("packetId", terms)
    request = {"to": chain.deployment.escrow, "data": "0x" + data.hex()}
    assert chain.rpc.call("eth_call", [request, "latest"]) == packet.id


def test_a_signature_is_that_of_eth_account():
    key, digest = secrets.token_bytes(32), secrets.token_bytes(32)
    assert signing.sign(digest, key) == bytes(Account.unsafe_sign_hash(digest, key).signature)


def test_recovery_finds_the_signer():
    key, digest = secrets.token_bytes(32), secrets.token_bytes(32)
    assert signing.recover(digest, signing.sign(digest, key)) == Account.from_key(key).address


def malformed(signature: bytes) -> dict[str, bytes]:
    s = int.from_bytes(signature[32:64], "big")
    return {
        "64 bytes": signature[:64],
        "66 bytes": signature + b"\0",
        "v 0": signature[:64] + b"\0",
        "v 29": signature[:64] + b"\x1d",
        "high s": signature[:32] + (ORDER - s).to_bytes(32, "big") + bytes((55 - signature[64],)),
        "r 0": bytes(32) + signature[32:],
        "s 0": signature[:32] + bytes(32) + signature[64:],
        "r of the order": ORDER.to_bytes(32, "big") + signature[32:],
        "nothing": b"",
    }


@pytest.mark.parametrize("fault", list(malformed(bytes(65))))
def test_a_malformed_signature_is_named(fault):
    digest = secrets.token_bytes(32)
    signature = malformed(signing.sign(digest, secrets.token_bytes(32)))[fault]
    with pytest.raises(SignatureMalformed):
        signing.recover(digest, signature)


def test_a_value_that_its_type_cannot_hold_is_refused():
    fields = {"packet": b"\1" * 32, "claimant": DOMAIN.verifying_contract}
    ticket = signing.POSITION_TICKET
    assert signing.struct_hash(ticket, {**fields, "position": 2**256 - 1})
    for wrong in ({"position": 2**256}, {"position": -1}, {"position": 1, "packet": b"\1" * 31}):
        with pytest.raises(ValueError, match=r"fit|bytes"):
            signing.struct_hash(ticket, {**fields, **wrong})


def test_the_json_for_wallets_is_what_was_signed():
    ann, bob = Person("ann"), Person("bob")
    message = {"owner": ann.address, "spender": bob.address, "value": 2**255, "nonce": 0, "deadline": 1}
    shown = signing.typed_data(DOMAIN, signing.PERMIT, message)
    assert shown["message"]["value"] == str(2**255)
    signature = Account.sign_typed_data(ann.key, full_message=shown).signature
    assert signing.recover(signing.digest(DOMAIN, signing.PERMIT, message), bytes(signature)) == ann.address
