/**
 * A red packet from one stranger to another, in TypeScript, against a running sandbox (`make up`):
 *
 *     make client
 *     node build/client/example.js http://127.0.0.1:8000 "$(cat var/up/deployment.json)"
 *
 * Everything is play money; names, numbers and phones are synthetic, and register once.
 */

import type {LocalAccount} from "viem";
import {generatePrivateKey, privateKeyToAccount} from "viem/accounts";
import {answer, connect, Refused, type Gateway} from "./client.js";
import {packetTerms, signIn, Signer, type Deployment} from "./signing.js";

declare const process: {readonly argv: readonly string[]};

const [, , url = "http://127.0.0.1:8000", deployed = "{}", domain = new URL(url).host] = process.argv;
const deployment = JSON.parse(deployed) as Deployment; // published, so that nobody need believe the gateway's own word

/** Register an account for a key that was made here: a code by SMS (the sandbox shows it), a proof of the address. */
async function register(phone: string): Promise<[Gateway, LocalAccount]> {
  const account = privateKeyToAccount(generatePrivateKey());
  const gateway = connect(url);
  await answer(gateway.http.POST("/v1/codes", {body: {phone}}));
  const box = await answer(gateway.http.POST("/v1/sandbox/sms", {body: {phone}}));
  const code = box.messages.at(-1)?.code ?? "";
  const nonce = await answer(gateway.http.POST("/v1/sign-in/nonces"));
  const body = {phone, code, ...(await signIn(account, nonce, domain))};
  gateway.token = (await answer(gateway.http.POST("/v1/accounts", {body}))).token;
  await until(async () => (await answer(gateway.http.GET("/v1/accounts/me"))).tier > 0);
  return [gateway, account];
}

/** A 202 is a promise to try; only the chain's event makes it true. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (await holds()) return;
    await new Promise((resume) => setTimeout(resume, 50));
  }
  throw new Error("not within 30 s");
}

async function balance({http}: Gateway): Promise<number> {
  return (await answer(http.GET("/v1/balance"))).balance_fen;
}

// 1. Two people register. Ping shows her real name, and money arrives for her at the sandbox's bank.
const [ping, pingKey] = await register("+8613800136201");
const [ming, mingKey] = await register("+8613800136202");
await answer(ping.http.POST("/v1/kyc/real-name", {body: {name: "黄小萍", id_number: "440310199003070082"}}));
await until(async () => (await answer(ping.http.GET("/v1/accounts/me"))).tier === 2);
const entry = {address: pingKey.address, amount_fen: 100_000, entry: `BANK-${pingKey.address}`};
await answer(ping.http.POST("/v1/sandbox/bank-entries", {body: entry}));
await until(async () => (await balance(ping)) === 100_000);

// 2. She pays Ming ¥12.80. What she signs is made of the types that the gateway serves, for contracts that she knows.
const signer = new Signer(await answer(ping.http.GET("/v1/typed-data")), deployment);
const chain = await answer(ping.http.GET("/v1/chain"));
const validity = {valid_after: 0, valid_before: chain.block.time + 600};
const payment = {to: mingKey.address, amount_fen: 1_280};
const signed = await signer.transfer(pingKey, payment.to, payment.amount_fen, validity);
await answer(ping.http.POST("/v1/transfers", {body: {...payment, ...signed}}));
await until(async () => (await balance(ming)) === 1_280);

// 3. She gives a packet of two shares by link. The link's key is made here and stands behind the #: no server sees it.
const linkSecret = generatePrivateKey();
const linkKey = privateKeyToAccount(linkSecret);
const packet = {total: 666, shares: 2, expiry: chain.block.time + 86_400, audience: {claimKey: linkKey.address}};
const terms = packetTerms(pingKey.address, packet);
const authorization = await signer.packet(pingKey, terms, validity);
const given = await answer(ping.http.POST("/v1/red-packets", {body: {kind: "link", terms, authorization}}));
const path = {packet: given.id};
await until(async () => (await answer(ping.http.GET("/v1/red-packets/{packet}", {params: {path}}))).status === "open");

// 4. Ming has the link, and opens it: the link's key signs for his address, so that nobody else can use what is sent.
const claim = {link_signature: await signer.linkClaim(linkKey, given.id, mingKey.address)};
await answer(ming.http.POST("/v1/red-packets/{packet}/claims", {params: {path}, body: claim}));
await until(async () => (await balance(ming)) === 1_280 + 333);

// 5. A second time he is refused, by name.
const again = ming.http.POST("/v1/red-packets/{packet}/claims", {params: {path}, body: claim});
const refusal = await again.then(() => "", (error: unknown) => (error instanceof Refused ? error.code : String(error)));

console.log(
  JSON.stringify({
    packet: given.id,
    packet_id: signer.packetId(terms),
    terms,
    link: `${url}/p/${given.id}#${linkSecret.slice(2)}`,
    refusal,
    ping: {address: pingKey.address, balance_fen: await balance(ping)},
    ming: {address: mingKey.address, balance_fen: await balance(ming)},
  }),
);
