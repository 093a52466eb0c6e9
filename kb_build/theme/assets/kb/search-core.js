/**
 * Answers a question: from the endpoint, else from the small index on the static site.
 * Knows no page and no wording; everything it touches is passed in.
 */

import { createEndpoint } from "./endpoint.js";
import { createFallback, searchFallback } from "./fallback.js";
import { findSecret } from "./secret-guard.js";

export { findSecret };

const REQUEST_TIMEOUT_MS = 1500;

/**
 * @typedef {object} Outcome
 * @property {"results"|"secret"|"suspect"|"refused"|"unavailable"|"empty"|"stale"} kind
 *   `secret`: looks like a recovery phrase or key; `sent` tells whether it left the page.
 *   `suspect`: might be one; nothing was sent, ask and search again with `sure: true`.
 *   `refused`: the endpoint says that the request is wrong.
 *   `unavailable`: neither endpoint nor index could be read.
 *   `stale`: a later search has begun; throw this answer away.
 */

/**
 * @param {object} parts
 * @param {string} parts.endpoint address of `POST /api/search`
 * @param {(lang: string) => string} parts.fallbackUrl address of the index of a language
 * @param {string|null} parts.session random id of this tab; says which searches belong together
 * @returns {{search: (query: string, options: object) => Promise<Outcome>}}
 */
export function createSearch({
  endpoint,
  fallbackUrl,
  session = null,
  fetch = globalThis.fetch.bind(globalThis),
  now = Date.now,
  setTimeout = globalThis.setTimeout.bind(globalThis),
  clearTimeout = globalThis.clearTimeout.bind(globalThis),
}) {
  const asked = createEndpoint({
    url: endpoint,
    timeoutMs: REQUEST_TIMEOUT_MS,
    session,
    fetch,
    now,
    setTimeout,
    clearTimeout,
  });
  let latest = 0;
  const loadFallback = createFallback({ fallbackUrl, fetch });

  /** @returns {Promise<Outcome>} never rejects */
  async function search(query, { lang, limit = 8, category = null, sure = false } = {}) {
    const number = (latest += 1);
    asked.cancel();
    const text = query.trim();
    if (text === "") return { kind: "empty" };
    const secret = findSecret(text);
    if (secret && !secret.ask) return { kind: "secret", secret, sent: false };
    if (secret && !sure) return { kind: "suspect", secret };

    const outcome = await answer({ text, lang, limit, category });
    return number === latest ? outcome : { kind: "stale" };
  }

  async function answer(question) {
    const { text, lang, limit, category } = question;
    const body = { query: text, lang, limit, ...(category ? { category } : {}) };
    const found = await asked.ask(body, readAnswer);
    if (found) return found;
    try {
      const index = await loadFallback(question.lang);
      return fromFallback(searchFallback(index, question.text, question));
    } catch {
      return { kind: "unavailable" };
    }
  }

  return { search };
}

async function readAnswer(response) {
  const body = await response.json();
  if (response.ok) return parseAnswer(body);
  if (isCallersFault(response.status) && typeof body?.error?.code === "string") {
    return { kind: "refused", code: body.error.code };
  }
  throw new Error(`endpoint answered ${response.status}`);
}

/** 408 and 429 are about the moment, not about the question. */
function isCallersFault(status) {
  return status >= 400 && status < 500 && ![404, 405, 408, 429].includes(status);
}

/** @returns {Outcome} what `searchFallback` found, in the shape of the endpoint's answer */
export function fromFallback({ answered, hits }) {
  const [first] = hits;
  const urgent = answered && first.actions.length > 0 ? first : null;
  return { kind: "results", source: "fallback", queryId: null, answered, urgent, hits };
}

/**
 * Checks what the endpoint sent.
 * @returns {Outcome}
 * @throws {TypeError} when it isn't an answer
 */
export function parseAnswer(data) {
  if (typeof data?.secret?.kind === "string") {
    return { kind: "secret", secret: { kind: data.secret.kind, ask: false }, sent: true };
  }
  if (!Array.isArray(data?.hits) || typeof data.answered !== "boolean") {
    throw new TypeError("not a search answer");
  }
  const hits = data.hits.filter(isHit);
  return {
    kind: "results",
    source: "endpoint",
    queryId: typeof data.query_id === "string" ? data.query_id : null,
    answered: data.answered,
    urgent: isLinked(data.urgent) ? urgentOf(data.urgent, hits) : null,
    hits,
  };
}

function urgentOf(urgent, hits) {
  const hit = hits.find(({ article_id }) => article_id === urgent.article_id);
  const actions = Array.isArray(urgent.actions) ? urgent.actions.map(String) : [];
  return { ...hit, ...urgent, anchor: "", actions };
}

function isHit(hit) {
  return isLinked(hit) && typeof hit.summary === "string" && typeof hit.excerpt?.text === "string";
}

/** Only addresses on this site: an answer can't send anybody elsewhere. */
function isLinked(item) {
  return typeof item?.title === "string" && /^\/(?!\/)/.test(item.url ?? "") && !item.url.includes("\\");
}

/**
 * Cuts a text at its marks.
 * @param {string} text
 * @param {number[][]} marks `[start, end)` in code points; overlaps and nonsense are mended
 * @returns {{text: string, marked: boolean}[]}
 */
export function splitMarks(text, marks) {
  const characters = [...text];
  const marked = new Array(characters.length).fill(false);
  for (const mark of Array.isArray(marks) ? marks : []) {
    const [start, end] = Array.isArray(mark) ? mark : [];
    if (Number.isInteger(start) && Number.isInteger(end)) marked.fill(true, Math.max(0, start), Math.max(0, end));
  }
  const parts = [];
  characters.forEach((character, i) => {
    const last = parts.at(-1);
    if (last?.marked === marked[i]) last.text += character;
    else parts.push({ text: character, marked: marked[i] });
  });
  return parts;
}

/**
 * Tells whether somebody has only begun to type: one Latin word, pinyin or its initials, or one Han
 * character. Nothing may answer that yet, and it is no question that failed.
 * @param {string} text
 */
export function isBeginning(text) {
  return /^(?:[\p{Script=Latin}\p{N}]{1,12}|\p{Script=Han})$/u.test(text.trim());
}

/**
 * Delays a call until nothing has happened for a while.
 * @returns a function with `flush()` (now, with the last arguments) and `cancel()`
 */
export function debounce(
  callback,
  delayMs,
  {
    setTimeout = globalThis.setTimeout.bind(globalThis),
    clearTimeout = globalThis.clearTimeout.bind(globalThis),
  } = {},
) {
  let timer = null;
  let waiting = [];
  const run = () => {
    timer = null;
    callback(...waiting);
  };
  const debounced = (...args) => {
    debounced.cancel();
    waiting = args;
    timer = setTimeout(run, delayMs);
  };
  debounced.cancel = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
  debounced.flush = () => {
    if (timer === null) return;
    debounced.cancel();
    run();
  };
  return debounced;
}
