import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createDeflection,
  createSender,
  isWorthAsking,
  parseDeflection,
  problemsOf,
  ticketOf,
} from "../../kb_build/theme/assets/kb/contact-core.js";

const HIT = {
  rank: 1,
  article_id: "KB-0019",
  title: "没到账",
  summary: "先查TxID。",
  url: "/transfers/deposit-not-credited/",
  urgency: "technical",
  excerpt: { text: "先查TxID。", marks: [] },
};
const ANSWER = {
  query_id: "0".repeat(32),
  class: "technical",
  response_target: "1个工作日",
  answered: true,
  urgent: null,
  secret: null,
  hits: [HIT],
  checklist: [{ id: "txid", text: "交易哈希" }],
};
const FALLBACK = { version: 1, lang: "zh", variants: {}, articles: [{ ...HIT, id: "KB-0019", questions: ["提币没到账"] }] };
const PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow";
const HASH = "a".repeat(32) + "0123456789abcdef".repeat(2);
const MESSAGE = "昨天提币，到现在没到账";

const respond = (body, status = 200, headers = {}) => ({
  ok: status < 400,
  status,
  headers: new Map(Object.entries(headers)),
  json: async () => structuredClone(body),
});

function deflection(endpoint) {
  const calls = [];
  const core = createDeflection({
    endpoint: "/api/deflect",
    fallbackUrl: (lang) => `/search.${lang}.json`,
    session: "5".repeat(32),
    fetch: async (url, options) => {
      calls.push({ url, options });
      return url === "/api/deflect" ? endpoint(options) : respond(FALLBACK);
    },
  });
  return { core, asked: () => calls.filter(({ url }) => url === "/api/deflect"), calls };
}

/** A sender whose network and storage are ours. */
function sender(endpoint, stored = {}) {
  const keys = [];
  let made = 0;
  const storage = {
    getItem: (name) => stored[name] ?? null,
    setItem: (name, value) => (stored[name] = value),
    removeItem: (name) => delete stored[name],
  };
  const core = createSender({
    endpoint: "/api/tickets",
    storage,
    randomKey: () => `key-${(made += 1)}`,
    fetch: async (url, options) => {
      keys.push(options.headers["Idempotency-Key"]);
      return endpoint(options, keys.length);
    },
  });
  return { core, keys, stored };
}

const TAKEN = { ticket_id: "T-7F3K-9Q2M", class: "technical", response_target: "", next_steps: [] };
const TICKET = ticketOf({ body: MESSAGE, email: "a@b.example" }, { lang: "zh" });

test("few letters are not worth a question, a few Han characters are", () => {
  for (const text of ["", "   ", "hello", "币没到"]) assert.equal(isWorthAsking(text), false, text);
  for (const text of ["币被盗了", "not arrived", "usdt没到账"]) assert.equal(isWorthAsking(text), true, text);
});

test("a message is asked about with the session of the tab, in the body and nowhere else", async () => {
  const { core, asked } = deflection(() => respond(ANSWER));
  const finding = await core.ask(` ${MESSAGE} `, { lang: "zh" });
  assert.equal(finding.kind, "found");
  assert.equal(finding.responseClass, "technical");
  assert.equal(finding.target, "1个工作日");
  assert.equal(finding.queryId, ANSWER.query_id);
  assert.deepEqual(finding.checklist, ANSWER.checklist);
  const [{ url, options }] = asked();
  assert.equal(url, "/api/deflect");
  assert.deepEqual(JSON.parse(options.body), { body: MESSAGE, lang: "zh" });
  assert.equal(options.headers["X-Session"], "5".repeat(32));
});

test("a secret asks nobody, and a hash only when somebody is sure", async () => {
  const { core, calls } = deflection(() => respond(ANSWER));
  assert.equal((await core.ask(`我的助记词 ${PHRASE}`, { lang: "zh", sure: true })).kind, "secret");
  assert.equal((await core.ask(`查一下 ${HASH}`, { lang: "zh" })).kind, "suspect");
  assert.equal(calls.length, 0);
  assert.equal((await core.ask(`查一下 ${HASH}`, { lang: "zh", sure: true })).kind, "found");
});

test("a secret that only the server recognises gives no articles", () => {
  const finding = parseDeflection({ ...ANSWER, class: null, hits: [], secret: { kind: "keystore" } });
  assert.deepEqual(finding, { kind: "secret", secret: { kind: "keystore", ask: false }, sent: true });
});

test("without the endpoint the small index answers, and the endpoint is left alone for a while", async () => {
  const { core, asked } = deflection(() => respond({}, 500));
  const finding = await core.ask("提币没到账怎么办", { lang: "zh" });
  assert.equal(finding.kind, "away");
  assert.equal(finding.hits[0].article_id, "KB-0019");
  await core.ask("提币没到账怎么办呢", { lang: "zh" });
  assert.equal(asked().length, 1);
});

test("without anything there is still an answer", async () => {
  const core = createDeflection({ endpoint: "/a", fallbackUrl: () => "/b", fetch: async () => respond({}, 500) });
  assert.deepEqual((await core.ask(MESSAGE, { lang: "zh" })).hits, []);
});

test("an answer to an earlier text is stale", async () => {
  let finish;
  const { core } = deflection(({ body }) =>
    body.includes("第一") ? new Promise((resolve) => (finish = () => resolve(respond(ANSWER)))) : respond(ANSWER),
  );
  const first = core.ask("第一个问题是什么", { lang: "zh" });
  const second = core.ask("第二个问题是什么", { lang: "zh" });
  finish();
  assert.equal((await first).kind, "stale");
  assert.equal((await second).kind, "found");
});

test("a class, items and addresses that are none are not shown", () => {
  const finding = parseDeflection({ ...ANSWER, class: "<b>", checklist: [{ id: 5 }, null], hits: [{ ...HIT, url: "//evil.test/" }] });
  assert.equal(finding.responseClass, null);
  assert.deepEqual(finding.checklist, []);
  assert.deepEqual(finding.hits, []);
});

test("a form needs a description and one way to reply, and nothing else", () => {
  const codes = (values) => problemsOf(values).map(({ field, code }) => `${field} ${code}`);
  assert.deepEqual(codes({ body: "", email: "" }), ["body empty", "email reply"]);
  assert.deepEqual(codes({ body: "急", email: "a@b.example" }), ["body short"]);
  assert.deepEqual(codes({ body: MESSAGE, email: "a@b.example" }), []);
  assert.deepEqual(codes({ body: MESSAGE, uid: "20481024" }), []);
});

test("what is given must look like what it is", () => {
  const good = {
    email: ["name@example.com", "first.last+tag@sub.example.co"],
    txid: [HASH, `0x${HASH}`, "5".repeat(87), `https://explorer.example/tx/0x${HASH}`],
    wallet_address: ["0x52908400098527886E0F7030069857D2E4169EE7", "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8"],
    order_number: ["P2P-20261121-0042"],
  };
  const bad = {
    email: ["name@", "name", "a@b", "a b@example.com", "a@example..com"],
    txid: ["abc", HASH.slice(1), `${HASH}0`],
    wallet_address: ["我的地址", "0x52 90"],
    order_number: ["#1"],
  };
  const wrong = (field, value) => problemsOf({ body: MESSAGE, email: "a@b.example", [field]: value });
  for (const [field, values] of Object.entries(good)) {
    for (const value of values) assert.deepEqual(wrong(field, ` ${value} `), [], value);
  }
  for (const [field, values] of Object.entries(bad)) {
    for (const value of values) assert.deepEqual(wrong(field, value), [{ field, code: "shape" }], value);
  }
});

test("a ticket holds what was filled in, and a zone only with a time", () => {
  const values = { body: ` ${MESSAGE} `, email: "", uid: "20481024", txid: "", time_zone: "Asia/Shanghai" };
  assert.deepEqual(ticketOf(values, { lang: "zh", queryId: "q", session: "s" }), {
    body: MESSAGE,
    lang: "zh",
    contact: { uid: "20481024" },
    fields: { uid: "20481024" },
    query_id: "q",
    session: "s",
  });
  const timed = ticketOf({ ...values, happened_at: "2026-11-21T18:30" }, { lang: "zh" });
  assert.equal(timed.fields.time_zone, "Asia/Shanghai");
});

test("a draft has one key until it has arrived, even after the page was loaded again", async () => {
  const first = sender(() => Promise.reject(new Error("no network")));
  assert.equal((await first.core.send(TICKET)).kind, "failed");
  const again = sender(() => respond(TAKEN, 201), first.stored);
  assert.deepEqual(await again.core.send(TICKET), { kind: "received", ticketId: "T-7F3K-9Q2M", responseClass: "technical" });
  assert.deepEqual([...first.keys, ...again.keys], ["key-1", "key-1"]);
  assert.deepEqual(again.stored, {}, "the next draft gets a key of its own");
});

test("nothing of the draft is stored", async () => {
  const { core, stored } = sender(() => Promise.reject(new Error("no network")));
  await core.send(TICKET);
  assert.deepEqual(stored, { "kb-ticket-key": "key-1" });
});

test("a second click while it is on its way sends nothing", async () => {
  let finish;
  const { core, keys } = sender(() => new Promise((resolve) => (finish = () => resolve(respond(TAKEN, 201)))));
  const first = core.send(TICKET);
  assert.equal((await core.send(TICKET)).kind, "busy");
  finish();
  assert.equal((await first).kind, "received");
  assert.equal(keys.length, 1);
});

test("a draft that was changed after it had arrived becomes another ticket", async () => {
  const reused = { error: { code: "IDEMPOTENCY_KEY_REUSED", field: "Idempotency-Key" } };
  const { core, keys } = sender((_, count) => (count === 1 ? respond(reused, 422) : respond(TAKEN, 201)));
  assert.equal((await core.send(TICKET)).kind, "received");
  assert.deepEqual(keys, ["key-1", "key-2"]);
});

test("each refusal is told apart", async () => {
  const outcome = async (response) => (await sender(() => response).core.send(TICKET));
  const invalid = { error: { code: "FIELD_INVALID", field: "fields.txid", message: "不像TxID。", remedy: "请复制。" } };
  assert.deepEqual(await outcome(respond(invalid, 422)), { kind: "invalid", code: "FIELD_INVALID", field: "txid", text: "不像TxID。 请复制。" });
  assert.equal((await outcome(respond({ error: { code: "FIELD_MISSING", field: "contact" } }, 422))).field, "email");
  assert.deepEqual(await outcome(respond({ error: { code: "SECRET_FOUND", field: "body" } }, 422)), { kind: "secret", field: "body" });
  assert.deepEqual(await outcome(respond({ error: {} }, 429, { "Retry-After": "120" })), { kind: "wait", seconds: 120 });
  assert.deepEqual(await outcome(respond({ error: { code: "TICKETS_UNAVAILABLE" } }, 503, { "Retry-After": "60" })), { kind: "failed" });
  assert.deepEqual(await outcome(respond({ class: "general" }, 201)), { kind: "failed" });
});
