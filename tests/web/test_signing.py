"""web/client/signing.ts: what viem hashes and signs is what Python does, and only for the contracts that one knows."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import httpx
import pytest

from pswallet.chain import signing
from pswallet.chain.terms import ZERO_32, ZERO_ADDRESS, Terms, packet_id
from pswallet.redpackets import rules
from tests.parts import Chain, Person

Run = Callable[..., Any]
ANN = Person("ann")
SIGNER = """
import {privateKeyToAccount} from "viem/accounts";
import {guestRoot, packetTerms, signIn, Signer} from "./signing.js";
const ann = privateKeyToAccount(given.key);
"""


@pytest.fixture
def typed(http: httpx.Client) -> dict[str, Any]:
    """What the gateway serves to be signed."""
    found: dict[str, Any] = http.get("/v1/typed-data").json()
    return found


def signed_with(run: Run, chain: Chain, typed: dict[str, Any], code: str, **given: Any) -> Any:
    """Run `code` with a signer for the chain's own deployment."""
    made = SIGNER + "const signer = new Signer(given.typed, given.deployment);\n"
    key = "0x" + ANN.key.hex()
    return run(made + code, key=key, typed=typed, deployment=asdict(chain.deployment), **given)


def test_a_payment_is_signed_for_its_payee_amount_and_times(node: Run, chain: Chain, typed: dict[str, Any]) -> None:
    to, validity = Person("bob").address, {"valid_after": 3, "valid_before": 2**40}
    code = "const pay = () => signer.transfer(ann, given.to, 5, given.validity); tell([await pay(), await pay()]);"
    first, second = signed_with(node, chain, typed, code, to=to, validity=validity)
    assert first["nonce"] != second["nonce"]
    message = {
        "from": ANN.address,
        "to": to,
        "value": 5,
        "validAfter": 3,
        "validBefore": 2**40,
        "nonce": first["nonce"],
    }
    digest = signing.digest(signing.token_domain(chain.deployment), signing.TRANSFER_WITH_AUTHORIZATION, message)
    assert first == {**validity, "nonce": first["nonce"], "signature": "0x" + signing.sign(digest, ANN.key).hex()}


def test_a_lucky_packets_guests_and_id_are_those_of_python(node: Run, chain: Chain, typed: dict[str, Any]) -> None:
    guests = [Person(f"guest {place}").address for place in range(13)]
    draw = {"dealer": Person("dealer").address, "draw_commitment": "0x" + "7e" * 20}
    asked = [
        {"total": 8_888, "shares": count, "expiry": 2**40, "audience": {"guests": guests[:count]}}
        for count in (1, 2, 3, 5, 8, 13)
    ]
    code = """
    const draw = {...given.draw, maxShare: 9_000};
    const made = given.asked.map((packet) => packetTerms(ann.address, {...packet, draw}));
    tell(made.map((terms) => [terms, signer.packetId(terms)]));
    """
    for packet, (found, identifier) in zip(
        asked, signed_with(node, chain, typed, code, asked=asked, draw=draw), strict=True
    ):
        terms = Terms(**found)
        root = rules.guest_list(packet["audience"]["guests"]).root
        assert identifier == packet_id(signing.escrow_domain(chain.deployment), terms)
        assert terms == Terms(
            **{name: packet[name] for name in ("total", "shares", "expiry")},
            **draw,
            creator=ANN.address,
            max_share=9_000,
            lucky=True,
            guests="0x" + root.hex(),
            claim_key=ZERO_ADDRESS,
            salt=terms.salt,
        )
        assert terms.salt != ZERO_32


def test_a_contract_or_chain_that_one_does_not_know_is_not_signed_for(
    node: Run, chain: Chain, typed: dict[str, Any]
) -> None:
    code = (
        SIGNER
        + """
    const said = [];
    for (const contract of ["token", "escrow"])
      for (const lie of [{chainId: 1}, {verifyingContract: given.key.slice(0, 42)}]) {
        const domains = {...given.typed.domains, [contract]: {...given.typed.domains[contract], ...lie}};
        try { new Signer({...given.typed, domains}, given.deployment); said.push("signs"); }
        catch (error) { said.push(error.name); }
      }
    tell(said);
    """
    )
    key = "0x" + ANN.key.hex()
    assert node(code, key=key, typed=typed, deployment=asdict(chain.deployment)) == ["DomainUnknown"] * 4


def test_a_type_that_is_not_served_is_not_signed(node: Run, chain: Chain, typed: dict[str, Any]) -> None:
    del typed["types"]["LinkClaim"]
    code = "await signer.linkClaim(ann, '0x', ann.address).catch((error) => tell(error.message));"
    assert signed_with(node, chain, typed, code) == "the gateway serves no type LinkClaim"


def test_a_nonce_of_another_gateway_is_not_signed(node: Run) -> None:
    nonce = {
        "domain": "wallet.example", "uri": "http://wallet.example", "chain_id": 31337, "nonce": "n0nce123",
        "issued_at": "2026-11-25T00:00:00Z", "expires_at": "2026-11-25T00:05:00Z",
    }  # fmt: skip
    code = SIGNER + "await signIn(ann, given.nonce, given.domain).then(tell, (error) => tell(error.name));"
    key = "0x" + ANN.key.hex()
    assert node(code, key=key, nonce=nonce, domain="wallet.exampie") == "DomainUnknown"
    assert "Chain ID: 31337" in node(code, key=key, nonce=nonce, domain="wallet.example")["message"]
