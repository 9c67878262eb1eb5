/**
 * What people sign, made with viem from the types that the gateway serves at GET /v1/typed-data: none is written here.
 * Nothing here speaks to the gateway, and no key leaves.
 */

import {hashTypedData, isAddressEqual, type Address, type Hex, type LocalAccount} from "viem";
import {createSiweMessage} from "viem/siwe";
import type {MoneyIn, NonceGiven, TermsShape, TypedData, TypedDomain} from "./schema.js";

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

/** The gateway serves the domain of a contract that is not the wallet's: a signature there could move other money. */
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

/** Prove that `account` is one's own: sign the gateway's nonce (EIP-4361), for POST /v1/accounts or /v1/sessions. */
export async function signIn(account: LocalAccount, nonce: NonceGiven): Promise<Proof> {
  const message = createSiweMessage({
    address: account.address,
    chainId: nonce.chain_id,
    domain: nonce.domain,
    issuedAt: new Date(nonce.issued_at),
    nonce: nonce.nonce,
    statement: "Sign in to pswallet.",
    uri: nonce.uri,
    version: "1",
  });
  return {message, signature: await account.signMessage({message})};
}

/** Return the terms of an equal packet that whoever holds the key of `claimKey` may open, with a fresh salt. */
export function linkPacket(
  creator: string,
  claimKey: string,
  packet: {readonly total: number; readonly shares: number; readonly expiry: number},
): TermsShape {
  const nobody = `0x${"0".repeat(40)}`;
  return {
    ...packet,
    creator,
    claim_key: claimKey,
    max_share: 0,
    lucky: false,
    guests: `0x${"0".repeat(64)}`,
    dealer: nobody,
    draw_commitment: nobody,
    salt: random32(),
  };
}

/** Return 32 random bytes. */
export function random32(): Hex {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function expect(domain: TypedDomain, chainId: number, contract: string): void {
  const known = domain.chainId === chainId && isAddressEqual(domain.verifyingContract as Address, contract as Address);
  if (!known) throw new DomainUnknown(`${domain.name} at ${domain.verifyingContract} of chain ${domain.chainId}`);
}

/** The wire says `max_share` where the contracts say `maxShare`. */
function camel(fields: object): Record<string, unknown> {
  const named = ([name, value]: [string, unknown]) => [name.replace(/_(.)/g, (_, letter) => letter.toUpperCase()), value];
  return Object.fromEntries(Object.entries(fields).map(named));
}
