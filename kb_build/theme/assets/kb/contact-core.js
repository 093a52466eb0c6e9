/**
 * Writing to support: which articles may answer, what is missing in the form, sending it once.
 * Knows no page and no wording; everything it touches is passed in.
 */

import { createEndpoint } from "./endpoint.js";
import { createFallback, searchFallback } from "./fallback.js";
import { fromFallback, parseAnswer } from "./search-core.js";
import { findSecret } from "./secret-guard.js";

const DEFLECT_TIMEOUT_MS = 4000;
const SEND_TIMEOUT_MS = 20_000;
const FEWEST_LETTERS = 8; // a Han character says as much as two: "币被盗了"
const KEY = "kb-ticket-key";
const CLASSES = ["general", "technical", "urgent"];

/** Fields of a ticket beside the message and the e-mail address, in the order of the form. */
export const FIELDS = ["uid", "wallet_address", "txid", "network", "order_number", "happened_at", "time_zone"];

/** @returns {boolean} whether there is enough to look for */
export function isWorthAsking(text) {
  const letters = text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
  const han = text.match(/\p{Script=Han}/gu)?.length ?? 0;
  return letters + han >= FEWEST_LETTERS;
}

// ---- Articles that may answer ---------------------------------------------------------------

/**
 * @typedef {object} Finding
 * @property {"found"|"short"|"secret"|"suspect"|"away"|"stale"} kind
 *   `away`: the endpoint does not answer; `hits` are those of the index on the static site.
 *   `stale`: a later text has been asked about; throw this answer away.
 */

/**
 * @param {object} parts
 * @param {string} parts.endpoint address of `POST /api/deflect`
 * @param {(lang: string) => string} parts.fallbackUrl address of the index of a language
 * @param {string|null} parts.session random id of this tab
 */
export function createDeflection({
  endpoint,
  fallbackUrl,
  session = null,
  fetch = globalThis.fetch.bind(globalThis),
  now = Date.now,
  setTimeout = globalThis.setTimeout.bind(globalThis),
  clearTimeout = globalThis.clearTimeout.bind(globalThis),
}) {
  const loadFallback = createFallback({ fallbackUrl, fetch });
  const asked = createEndpoint({
    url: endpoint,
    timeoutMs: DEFLECT_TIMEOUT_MS,
    session,
    fetch,
    now,
    setTimeout,
    clearTimeout,
  });
  let latest = 0;

  /** @returns {Promise<Finding>} never rejects */
  async function ask(text, { lang, sure = false }) {
    const number = (latest += 1);
    asked.cancel();
    const secret = findSecret(text);
    if (secret && !secret.ask) return { kind: "secret", secret, sent: false };
    if (secret && !sure) return { kind: "suspect", secret };
    if (!isWorthAsking(text)) return { kind: "short" };
    const finding = await answer(text.trim(), lang);
    return number === latest ? finding : { kind: "stale" };
  }

  async function answer(text, lang) {
    const found = await asked.ask({ body: text, lang }, async (response) => {
      if (!response.ok) throw new Error(`endpoint answered ${response.status}`);
      return parseDeflection(await response.json());
    });
    if (found) return found;
    try {
      return { ...fromFallback(searchFallback(await loadFallback(lang), text, { limit: 3 })), kind: "away" };
    } catch {
      return { kind: "away", queryId: null, answered: false, urgent: null, hits: [] };
    }
  }

  return { ask };
}

/**
 * Checks what the endpoint sent.
 * @returns {Finding}
 * @throws {TypeError} when it isn't an answer
 */
export function parseDeflection(data) {
  const answer = parseAnswer(data);
  if (answer.kind === "secret") return answer;
  const items = Array.isArray(data.checklist) ? data.checklist : [];
  return {
    ...answer,
    kind: "found",
    responseClass: CLASSES.includes(data.class) ? data.class : null,
    target: String(data.response_target ?? ""),
    checklist: items.filter((item) => typeof item?.id === "string" && typeof item.text === "string"),
  };
}

// ---- The form -------------------------------------------------------------------------------

/** The same as the server's (search_index/ticket_fields.py), which looks again; what a UID looks
 * like is the operator's setting and is left to it. */
const SHAPES = {
  email: /^[\w!#$%&'*+/=?^`{|}~.-]{1,64}@([0-9a-z-]{1,63}\.){1,8}[a-z][0-9a-z-]{1,62}$/i,
  // EVM with 0x, Bitcoin and Tron without, Solana in base 58; a block explorer's link holds it, too.
  txid: /(?<![0-9a-z])(0x)?[0-9a-f]{64}(?![0-9a-z])|(?<![0-9a-z])[1-9a-hj-np-z]{86,88}(?![0-9a-z])/i,
  wallet_address: /^[0-9a-z:_.-]{6,120}$/i,
  order_number: /^[0-9a-z][0-9a-z_-]{3,63}$/i,
};

/**
 * @param {Record<string, string>} values body, email and the fields
 * @returns {{field: string, code: "empty"|"short"|"shape"|"reply"}[]} in the order of the form
 */
export function problemsOf(values) {
  const problems = [];
  const body = (values.body ?? "").trim();
  if (body === "") problems.push({ field: "body", code: "empty" });
  else if (!isWorthAsking(body)) problems.push({ field: "body", code: "short" });
  if (!values.email?.trim() && !values.uid?.trim()) problems.push({ field: "email", code: "reply" });
  for (const field of ["email", ...FIELDS]) {
    const value = (values[field] ?? "").trim();
    if (value !== "" && SHAPES[field] && !SHAPES[field].test(value)) problems.push({ field, code: "shape" });
  }
  return problems;
}

/** @returns {object} the body of `POST /api/tickets`; empty fields are left out */
export function ticketOf(values, { lang, queryId = null, session = null }) {
  const given = (field) => (values[field] ?? "").trim();
  const fields = Object.fromEntries(FIELDS.map((field) => [field, given(field)]).filter(([, value]) => value));
  if (!fields.happened_at) delete fields.time_zone; // alone it says nothing
  return {
    body: given("body"),
    lang,
    contact: given("email") ? { email: given("email") } : { uid: given("uid") },
    fields,
    ...(queryId ? { query_id: queryId } : {}),
    ...(session ? { session } : {}),
  };
}

// ---- Sending it -----------------------------------------------------------------------------

/**
 * @typedef {object} Sent
 * @property {"received"|"invalid"|"secret"|"wait"|"failed"|"busy"} kind
 *   `invalid`: `field` and `text` may say what is wrong. `wait`: try again after `seconds`.
 *   `failed`: nobody knows whether it arrived; trying again is safe. `busy`: it is on its way.
 */

/**
 * Sends a draft as one ticket, however often it is sent: the key stays until it has arrived.
 * @param {object} parts
 * @param {string} parts.endpoint address of `POST /api/tickets`
 * @param {Storage} parts.storage keeps the key, and nothing of the draft
 */
export function createSender({
  endpoint,
  storage,
  fetch = globalThis.fetch.bind(globalThis),
  randomKey = () => crypto.randomUUID(),
  setTimeout = globalThis.setTimeout.bind(globalThis),
  clearTimeout = globalThis.clearTimeout.bind(globalThis),
}) {
  let isSending = false;
  let kept = null;

  /** @returns {Promise<Sent>} never rejects */
  async function send(ticket) {
    if (isSending) return { kind: "busy" };
    isSending = true;
    try {
      const outcome = await post(ticket);
      if (outcome.code !== "IDEMPOTENCY_KEY_REUSED") return outcome;
      // An earlier wording of the draft has arrived; this one is another ticket.
      forgetKey();
      return await post(ticket);
    } finally {
      isSending = false;
    }
  }

  async function post(ticket) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), SEND_TIMEOUT_MS);
    try {
      const response = await fetch(endpoint, {
        method: "POST",
        headers: { "Content-Type": "application/json", "Idempotency-Key": key() },
        body: JSON.stringify(ticket),
        signal: controller.signal,
        credentials: "omit",
      });
      const data = await response.json();
      if (response.ok) return received(data);
      return refused(response, data?.error ?? {});
    } catch {
      return { kind: "failed" };
    } finally {
      clearTimeout(timer);
    }
  }

  function received(data) {
    if (typeof data?.ticket_id !== "string") return { kind: "failed" };
    forgetKey();
    return { kind: "received", ticketId: data.ticket_id, responseClass: CLASSES.includes(data.class) ? data.class : null };
  }

  function key() {
    kept ??= read();
    if (kept === null) {
      kept = randomKey();
      try {
        storage.setItem(KEY, kept);
      } catch {
        // Without storage the key lives as long as the page.
      }
    }
    return kept;
  }

  function read() {
    try {
      return storage.getItem(KEY);
    } catch {
      return null;
    }
  }

  function forgetKey() {
    kept = null;
    try {
      storage.removeItem(KEY);
    } catch {
      // There is none.
    }
  }

  return { send };
}

/** What the server says of a field is in the language of the ticket and repeats nothing of it. */
function refused(response, { code = "", field = "", message = "", remedy = "" }) {
  if (response.status === 429) {
    const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
    return { kind: "wait", seconds: seconds > 0 ? seconds : 60 };
  }
  if (response.status !== 422) return { kind: "failed" };
  const last = String(field).split(".").at(-1); // "contact.email", "fields.txid"
  const name = last === "contact" ? "email" : last;
  if (code === "SECRET_FOUND") return { kind: "secret", field: name };
  const text = ["FIELD_INVALID", "FIELD_MISSING"].includes(code) ? `${message} ${remedy}`.trim() : "";
  return { kind: "invalid", code, field: name, text };
}
