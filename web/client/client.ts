/**
 * The gateway over HTTP: every path and shape from its OpenAPI document (`schema.ts`), and three things that a document
 * cannot say: a POST is repeatable under its Idempotency-Key, a session is a Bearer token, a failure is a problem.
 */

import createClient, {type Client} from "openapi-fetch";
import type {paths} from "./schema.js";

/** What the gateway answers when it refuses (RFC 9457); each is explained at its `type`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly request_id?: string;
  readonly [detail: string]: unknown;
}

/** The gateway refused: `code` is the problem's name in kebab-case, `problem` the whole body. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly code: string;

  constructor(readonly problem: Problem) {
    super(`${problem.type}: ${problem.title}`);
    this.code = problem.type.replace(/^.*\//, "");
  }
}

/** One person's connection; `token` is the session's, set after signing in. */
export interface Gateway {
  readonly http: Client<paths>;
  token: string | undefined;
}

const RETRIES = 4;
const PATIENCE_MS = 10_000;
const AWAY = new Set([502, 503, 504]);

/**
 * Connect to the gateway at `url`. A problem is thrown as `Refused`. Lost connections and 502 to 504 are tried again
 * after as long as `Retry-After` says, if that is no more than 10 seconds. It is safe: the Idempotency-Key stays the
 * same, so a POST happens once.
 */
export function connect(url: string): Gateway {
  const gateway: Gateway = {http: createClient<paths>({baseUrl: url, fetch: persistently}), token: undefined};
  gateway.http.use({
    onRequest({request}) {
      if (gateway.token !== undefined) request.headers.set("Authorization", `Bearer ${gateway.token}`);
      if (request.method === "POST" && !request.headers.has("Idempotency-Key"))
        request.headers.set("Idempotency-Key", crypto.randomUUID());
    },
    async onResponse({response}) {
      if (response.headers.get("Content-Type")?.startsWith("application/problem+json"))
        throw new Refused((await response.json()) as Problem);
    },
  });
  return gateway;
}

/** Return what the gateway answered. Throws Refused for a problem, Error for an answer that is not the gateway's. */
export async function answer<T>(reply: Promise<{data?: T; response: Response}>): Promise<NonNullable<T>> {
  const {data, response} = await reply;
  if (data === undefined || data === null) throw new Error(`${response.url} answered ${response.status}`);
  return data;
}

async function persistently(request: Request): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    let pauseMs = 50 * 2 ** attempt;
    try {
      const response = await fetch(request.clone());
      pauseMs = Math.max(pauseMs, 1000 * (Number(response.headers.get("Retry-After")) || 0)); // a date is not waited for
      if (attempt === RETRIES || !AWAY.has(response.status) || pauseMs > PATIENCE_MS) return response;
    } catch (lost) {
      if (attempt === RETRIES) throw lost;
    }
    await new Promise((resume) => setTimeout(resume, pauseMs));
  }
}
