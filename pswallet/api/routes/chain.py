"""What people sign and where it goes: the typed data, the contracts, the last block read, the list of problems."""

from fastapi import APIRouter
from pydantic import Field

from pswallet.api.deps import GatewayParts, Transaction
from pswallet.api.polling import PolledRoute
from pswallet.api.problems import ChainAway
from pswallet.api.refusals import refused
from pswallet.api.shapes import Address, Bytes32, Shape
from pswallet.chain import outbox, signing
from pswallet.kit import clock

router = APIRouter(tags=["chain"], route_class=PolledRoute)


class BlockShape(Shape):
    """A block that the gateway has read."""

    number: int
    hash: Bytes32
    time: int = Field(description="Unix seconds; take signing times from here")


class Contracts(Shape):
    """Where the contracts are."""

    stablecoin: Address
    escrow: Address
    batch: Address
    checkout: Address
    voucher: Address
    anchor: Address


class ChainShape(Shape):
    """The chain behind the gateway."""

    chain_id: int
    contracts: Contracts
    signer: Address | None = Field(description="budgets and campaigns name it; null where nothing is funded")
    block: BlockShape


class TypedField(Shape):
    """One field of an EIP-712 type."""

    name: str
    type: str


class TypedDomain(Shape):
    """A contract of a chain, in the words of EIP-712."""

    name: str
    version: str
    chainId: int
    verifyingContract: Address


class TypedDomains(Shape):
    """The contracts that people sign for."""

    token: TypedDomain
    escrow: TypedDomain
    checkout: TypedDomain
    voucher: TypedDomain


class TypedData(Shape):
    """Every EIP-712 type that the gateway takes, and the domains to sign in."""

    types: dict[str, list[TypedField]]
    domains: TypedDomains


@router.get("/chain", responses=refused(ChainAway))
def show_chain(session: Transaction, gateway: GatewayParts) -> ChainShape:
    """Show the chain's id, the contracts and the last block read."""
    block = outbox.last_block(session)
    if block is None:
        raise ChainAway(retry_after_s=1)
    deployment = gateway.deployment
    return ChainShape(
        chain_id=deployment.chain_id,
        contracts=Contracts(**{name: getattr(deployment, name) for name in Contracts.model_fields}),
        signer=gateway.issuer or None,
        block=BlockShape(number=block.number, hash=block.hash, time=clock.to_unix(block.time)),
    )


@router.get("/typed-data")
def show_typed_data(gateway: GatewayParts) -> TypedData:
    """Show what is signed: the one definition that the gateway itself checks signatures with."""
    return TypedData(
        types={
            kind.name: [TypedField(name=name, type=solidity) for name, solidity in kind.fields]
            for kind in signing.TYPES.values()
        },
        domains=TypedDomains(
            token=_typed(signing.token_domain(gateway.deployment)),
            escrow=_typed(signing.escrow_domain(gateway.deployment)),
            checkout=_typed(signing.checkout_domain(gateway.deployment)),
            voucher=_typed(signing.voucher_domain(gateway.deployment)),
        ),
    )


def _typed(domain: signing.Domain) -> TypedDomain:
    return TypedDomain(
        name=domain.name,
        version=domain.version,
        chainId=domain.chain_id,
        verifyingContract=domain.verifying_contract,
    )
