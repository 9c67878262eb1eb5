"""What the token says of itself: name, decimals, and the EIP-712 domain that people sign in."""

from eth_account.messages import encode_typed_data
from eth_utils import keccak

from tests.contracts.parties import domain, openzeppelin


def test_name_symbol_and_decimals(token):
    assert (token.name(), token.symbol(), token.decimals()) == ("Sandbox Yuan Voucher", "sCNY", 2)


def test_name_is_the_same_behind_every_proxy(contracts, manager, officers, token):
    implementation = contracts.Stablecoin.deploy(sender=officers.admin)
    assert implementation.name() == token.name()


def test_domain_is_that_of_the_proxy(token):
    fields, name, version, chain_id, contract, salt, extensions = token.eip712Domain()
    assert fields == b"\x0f"
    assert {"name": name, "version": version, "chainId": chain_id, "verifyingContract": contract} == domain(token)
    assert (salt, list(extensions)) == (bytes(32), [])


def test_domain_separator_is_the_one_that_wallets_compute(token):
    message = {"authorizer": "0x" + "11" * 20, "nonce": bytes(32)}
    types = {"CancelAuthorization": [{"name": "authorizer", "type": "address"}, {"name": "nonce", "type": "bytes32"}]}
    assert encode_typed_data(domain(token), types, message).header == token.DOMAIN_SEPARATOR()


def test_two_tokens_have_two_domains(contracts, manager, officers, token):
    implementation = contracts.Stablecoin.deploy(sender=officers.admin)
    data = implementation.initialize.encode_input(manager, [])
    other = contracts.Stablecoin.at(officers.admin.deploy(openzeppelin("ERC1967Proxy"), implementation, data).address)
    assert other.DOMAIN_SEPARATOR() != token.DOMAIN_SEPARATOR()


def test_storage_stands_in_its_erc7201_namespace(token, chain, alice):
    base = int.from_bytes(
        keccak((int.from_bytes(keccak(text="pswallet.storage.Stablecoin"), "big") - 1).to_bytes(32, "big")), "big"
    )
    base &= ~0xFF
    slot = keccak(bytes.fromhex(str(alice.address)[2:].rjust(64, "0")) + base.to_bytes(32, "big"))
    word = int.from_bytes(chain.provider.get_storage(token.address, int.from_bytes(slot, "big")), "big")
    assert word & (2**64 - 1) == token.balanceOf(alice)
    assert word >> 240 & 0xFF == token.accountOf(alice).tier


def test_openzeppelins_own_balances_stay_empty(token, chain, alice):
    slot = keccak(bytes.fromhex(str(alice.address)[2:].rjust(64, "0")) + bytes(32))
    assert int.from_bytes(chain.provider.get_storage(token.address, int.from_bytes(slot, "big")), "big") == 0
    assert int.from_bytes(chain.provider.get_storage(token.address, 2), "big") == 0
