"""The chapters where something must not happen: limits on both roads, and a frozen account."""

from pswallet.chain import abi
from pswallet.chain.deploy import current_fee
from pswallet.chain.keys import Keys
from pswallet.chain.reverts import error_name
from pswallet.chain.rpc import Rpc, RpcError
from pswallet.chain.signing import address_of
from pswallet.chain.transactions import Draft, sign_transaction
from pswallet.client import Chain, Refused
from pswallet.client.bodies import PayShare
from pswallet.demo.cast import Person, World
from pswallet.demo.opening import refusal
from pswallet.kit.money import format_yuan

_ABOVE_LIMIT_FEN = 2_000_001


def limit_on_both_roads(world: World) -> None:
    """The tier's limit stops a payment at the gateway, and again at the contract when the gateway is passed by."""
    stage = world.stage
    stage.chapter(f"A payment of {format_yuan(_ABOVE_LIMIT_FEN)}; the limit is {format_yuan(2_000_000)}")
    payer, payee = world.people[1], world.people[0]
    refusal(world, "payment-limit-exceeded", "the gateway refuses it", _transfer(payer, payee, _ABOVE_LIMIT_FEN))
    signed = payer.client.authorization(payee.address, _ABOVE_LIMIT_FEN)
    stage.say(f"{payer.name} signs it anyway and sends it straight to the chain by raw JSON-RPC")
    status, reason = _send_raw(world, payer, payee, _ABOVE_LIMIT_FEN, signed)
    stage.check(status == 0 and reason == "PaymentLimitExceeded", f"the contract refuses it too: {reason}")


def frozen(world: World) -> None:
    """The operator freezes an account; it cannot send until it is unfrozen."""
    stage = world.stage
    stage.chapter("An account frozen by the operator")
    suspect, friend = world.people[7], world.people[6]
    world.operate("freeze", suspect.address)
    stage.until("the freeze", lambda: suspect.client.api.show_own_account()["frozen"])
    refusal(world, "account-is-frozen", f"{suspect.name} cannot send by the gateway", _transfer(suspect, friend, 100))
    signed = suspect.client.authorization(friend.address, 100)
    status, reason = _send_raw(world, suspect, friend, 100, signed)
    stage.check(status == 0 and reason == "AccountIsFrozen", f"nor past it: {reason}")
    world.operate("unfreeze", suspect.address)
    stage.until("the unfreezing", lambda: not suspect.client.api.show_own_account()["frozen"])
    sent = suspect.client.transfer(friend.address, 100)
    world.transferred(suspect, sent["id"])
    stage.check(True, f"unfrozen, {suspect.name} pays {friend.name} {format_yuan(100)}")


def _transfer(payer: Person, payee: Person, amount_fen: int) -> Refused | None:
    try:
        payer.client.transfer(payee.address, amount_fen)
    except Refused as refused:
        return refused
    return None


def _send_raw(world: World, payer: Person, payee: Person, amount_fen: int, signed: PayShare) -> tuple[int, str]:
    """Send a signed authorization past the gateway; return the receipt's status and the name of the refusal."""
    signature = bytes.fromhex(signed["signature"][2:])
    data = abi.call_data(
        "Stablecoin",
        "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)",
        [
            payer.address, payee.address, amount_fen, signed["valid_after"], signed["valid_before"],
            bytes.fromhex(signed["nonce"][2:]), signature[64], signature[:32], signature[32:64],
        ],
    )  # fmt: skip
    # Anybody may carry a signed authorization; this key has gas money on every chain, and sends nothing else here.
    carrier = Keys.load(world.operator_keys_file).unpauser or b""
    with Rpc(world.rpc_url) as rpc:
        sent = _carry(rpc, world.chain, carrier, data)
        receipt = world.stage.until("the receipt", lambda: rpc.call("eth_getTransactionReceipt", [sent]))
        request = {"from": address_of(carrier), "to": world.chain.stablecoin, "data": "0x" + data.hex()}
        try:
            rpc.call("eth_call", [request, receipt["blockNumber"]])
        except RpcError as error:
            return int(receipt["status"], 16), error_name(error.revert_data)
    return int(receipt["status"], 16), ""


def _carry(rpc: Rpc, chain: Chain, key: bytes, data: bytes) -> str:
    """Sign a transaction to the token and send it raw, as to any node of any chain; return its hash."""
    nonce = int(rpc.call("eth_getTransactionCount", [address_of(key), "pending"]), 16)
    signed = sign_transaction(Draft(chain.chain_id, nonce, chain.stablecoin, data, 300_000, current_fee(rpc)), key)
    try:
        rpc.call("eth_sendRawTransaction", ["0x" + signed.raw.hex()])
    except RpcError as error:
        if error.revert_data is None:
            raise  # else it is in a block all the same: Hardhat mines it and answers by its revert
    return signed.hash
