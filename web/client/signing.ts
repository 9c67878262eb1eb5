/**
 * What people sign, made with viem from the types that the gateway serves at GET /v1/typed-data: none is written here.
 * Nothing here speaks to the gateway, and no key leaves.
 */

import {
  bytesToHex,
  concat,
  encodeAbiParameters,
  hashTypedData,
  isAddressEqual,
  keccak256,
  zeroAddress,
  zeroHash,
  type Address,
  type Hex,
  type LocalAccount,
} from "viem";
import {createSiweMessage} from "viem/siwe";
import type {DrawShape, MoneyIn, NonceGiven, TermsShape, TypedData, TypedDomain} from "./schema.js";

const LEAF = [{type: "address"}, {type: "uint256"}] as const;

/** The contracts that a wallet knows by itself, as in the published deployment.json. */
export interface Deployment {
  readonly chain_id: number;
  readonly stablecoin: string;
  readonly escrow: string;
}

/** From when on and before when an authorization is good: Unix seconds of the chain's block time. */
export interface Validity {
  readonly valid_after: number;
  readonly valid_before: number;
}

/** A signed transfer without its payee and amount, as POST /v1/transfers wants it. */
export interface Authorization extends MoneyIn {
  readonly nonce: Hex;
}

/** A signed EIP-4361 message: one's address, proved. */
export interface Proof {
  readonly message: string;
  readonly signature: Hex;
}

/** Not the contract, chain or gateway that the wallet knows: a signature for it could move other money. */
export class DomainUnknown extends Error {
  override readonly name = "DomainUnknown";
}

/** Signs in the domains of one deployment. */
export class Signer {
  /** Take the served types. Throws DomainUnknown unless both domains are those of `deployment`. */
  constructor(
    private readonly served: TypedData,
    readonly deployment: Deployment,
  ) {
    expect(served.domains.token, deployment.chain_id, deployment.stablecoin);
    expect(served.domains.escrow, deployment.chain_id, deployment.escrow);
  }

  /** Sign a payment of `value` fen to `to` under a fresh nonce (ERC-3009); anybody may carry it, once. */
  async transfer(payer: LocalAccount, to: string, value: number, validity: Validity): Promise<Authorization> {
    const nonce = random32();
    const message = {from: payer.address, to, value, nonce, ...camel(validity)};
    return {...validity, nonce, signature: await this.sign(payer, "TransferWithAuthorization", message)};
  }

  /** Sign the money of a packet to the escrow (ERC-3009): the nonce is the packet's id, so money and terms are one. */
  async packet(creator: LocalAccount, terms: TermsShape, validity: Validity): Promise<MoneyIn> {
    const message = {
      from: creator.address,
      to: this.deployment.escrow,
      value: terms.total,
      nonce: this.packetId(terms),
      ...camel(validity),
    };
    return {...validity, signature: await this.sign(creator, "ReceiveWithAuthorization", message)};
  }

  /** Return a packet's id: the EIP-712 hash of its terms. */
  packetId(terms: TermsShape): Hex {
    return hashTypedData(this.typed("escrow", "RedPacket", camel(terms)));
  }

  /** Sign a claim with a link's key: good for `claimant` alone, for this packet, on this chain. */
  async linkClaim(linkKey: LocalAccount, packet: string, claimant: string): Promise<Hex> {
    return linkKey.signTypedData(this.typed("escrow", "LinkClaim", {packet, claimant}));
  }

  private sign(account: LocalAccount, type: string, message: Record<string, unknown>): Promise<Hex> {
    return account.signTypedData(this.typed("token", type, message));
  }

  private typed(contract: keyof TypedData["domains"], primaryType: string, message: Record<string, unknown>) {
    const fields = this.served.types[primaryType];
    if (fields === undefined) throw new Error(`the gateway serves no type ${primaryType}`);
    const {verifyingContract, ...domain} = this.served.domains[contract];
    return {
      domain: {...domain, verifyingContract: verifyingContract as Address},
      types: {[primaryType]: fields},
      primaryType,
      message,
    };
  }
}

/**
 * Prove that `account` is one's own: sign the gateway's nonce (EIP-4361), for POST /v1/accounts or /v1/sessions.
 * Throws DomainUnknown unless it is for `domain` (host and port): else one gateway could sign in at another with it.
 */
export async function signIn(account: LocalAccount, nonce: NonceGiven, domain: string): Promise<Proof> {
  if (nonce.domain !== domain) throw new DomainUnknown(`${nonce.domain} asks for a sign-in at ${domain}`);
  const message = createSiweMessage({
    address: account.address,
    chainId: nonce.chain_id,
    domain,
    issuedAt: new Date(nonce.issued_at),
    nonce: nonce.nonce,
    statement: "Sign in to pswallet.",
    uri: nonce.uri,
    version: "1",
  });
  return {message, signature: await account.signMessage({message})};
}

/** A packet to be given: `total` fen in `shares`, until `expiry`, for whom, and drawn or equal. */
export interface NewPacket {
  readonly total: number;
  readonly shares: number;
  readonly expiry: number;
  readonly audience: {readonly claimKey: string} | {readonly guests: readonly string[]};
  /** Of a lucky packet: what POST /v1/draws answered, and the most that a share may be [fen]. */
  readonly draw?: Pick<DrawShape, "dealer" | "draw_commitment"> & {readonly maxShare: number};
}

/** Return the terms of a packet, with a fresh salt. */
export function packetTerms(creator: string, {audience, draw, ...rest}: NewPacket): TermsShape {
  return {
    ...rest,
    creator,
    max_share: draw?.maxShare ?? 0,
    lucky: draw !== undefined,
    guests: "guests" in audience ? guestRoot(audience.guests) : zeroHash,
    claim_key: "claimKey" in audience ? audience.claimKey : zeroAddress,
    dealer: draw?.dealer ?? zeroAddress,
    draw_commitment: draw?.draw_commitment ?? zeroAddress, // 20 bytes as well
    salt: random32(),
  };
}

/** Return the root of a guest list: OpenZeppelin's standard Merkle tree of (address, place), leaves hashed twice. */
export function guestRoot(guests: readonly string[]): Hex {
  const leaf = (guest: string, place: number) => encodeAbiParameters(LEAF, [guest as Address, BigInt(place)]);
  const nodes = guests.map((guest, place) => keccak256(keccak256(leaf(guest, place)))).sort();
  while (nodes.length > 1) nodes.push(keccak256(concat(nodes.splice(0, 2).sort())));
  if (nodes[0] === undefined) throw new Error("a guest list names somebody");
  return nodes[0];
}

function random32(): Hex {
  return bytesToHex(crypto.getRandomValues(new Uint8Array(32)));
}

function expect(domain: TypedDomain, chainId: number, contract: string): void {
  const known = domain.chainId === chainId && isAddressEqual(domain.verifyingContract as Address, contract as Address);
  if (!known) throw new DomainUnknown(`${domain.name} at ${domain.verifyingContract} of chain ${domain.chainId}`);
}

/** The wire says `max_share` where the contracts say `maxShare`. */
function camel(fields: object): Record<string, unknown> {
  const named = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [named(name), value]));
}
