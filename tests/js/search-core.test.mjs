import assert from "node:assert/strict";
import { test } from "node:test";
import { createSearch, debounce, isBeginning, parseAnswer, splitMarks } from "../../kb_build/theme/assets/kb/search-core.js";

const HIT = {
  rank: 1,
  article_id: "KB-0019",
  title: "没到账",
  summary: "先查TxID。",
  url: "/transfers/deposit-not-credited/",
  anchor: "steps",
  category: "transfers",
  urgency: "technical",
  excerpt: { text: "先查TxID。", marks: [] },
};
const ANSWER = { answered: true, hits: [HIT], urgent: null, secret: null };
const FALLBACK = {
  version: 1,
  lang: "zh",
  variants: {},
  articles: [{ ...HIT, id: "KB-0019", questions: ["提币没到账"] }],
};
const PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow";

const respond = (body, status = 200) => ({
  ok: status < 400,
  status,
  json: async () => structuredClone(body),
});

/** A search whose clock, timers and network are ours. */
function setUp(endpoint) {
  const calls = [];
  const clock = { now: 0, timers: [] };
  const core = createSearch({
    endpoint: "/api/search",
    fallbackUrl: (lang) => `/search.${lang}.json`,
    now: () => clock.now,
    setTimeout: (callback, delay) => clock.timers.push({ callback, delay }) - 1,
    clearTimeout: (i) => clock.timers[i] && (clock.timers[i].callback = () => {}),
    fetch: async (url, options) => {
      calls.push({ url, options });
      return url === "/api/search" ? endpoint(options, calls.length) : respond(FALLBACK);
    },
  });
  return { core, calls, clock, asked: () => calls.filter(({ url }) => url === "/api/search").length };
}

const hang = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));

test("the question goes into the body, never into the address", async () => {
  const { core, calls } = setUp(() => respond(ANSWER));
  const outcome = await core.search("  提币没到账 ", { lang: "zh", category: "transfers" });
  assert.equal(outcome.kind, "results");
  assert.equal(outcome.source, "endpoint");
  assert.equal(calls[0].url, "/api/search");
  assert.deepEqual(JSON.parse(calls[0].options.body), {
    query: "提币没到账",
    lang: "zh",
    limit: 8,
    category: "transfers",
  });
});

test("an empty question asks nobody", async () => {
  const { core, calls } = setUp(() => respond(ANSWER));
  assert.deepEqual(await core.search("  ", { lang: "zh" }), { kind: "empty" });
  assert.equal(calls.length, 0);
});

test("a recovery phrase asks nobody, even when the visitor is sure", async () => {
  const { core, calls } = setUp(() => respond(ANSWER));
  const outcome = await core.search(PHRASE, { lang: "zh", sure: true });
  assert.equal(outcome.kind, "secret");
  assert.equal(outcome.sent, false);
  assert.equal(calls.length, 0);
});

test("a transaction hash is searched only when the visitor is sure", async () => {
  const { core, calls } = setUp(() => respond(ANSWER));
  const hash = "ab".repeat(32);
  assert.equal((await core.search(hash, { lang: "zh" })).kind, "suspect");
  assert.equal(calls.length, 0);
  assert.equal((await core.search(hash, { lang: "zh", sure: true })).kind, "results");
});

for (const [name, endpoint] of Object.entries({
  "an unreachable endpoint": () => Promise.reject(new TypeError("network")),
  "status 500": () => respond({}, 500),
  "status 503": () => respond({ error: { code: "NOT_READY" } }, 503),
  "a page instead of JSON": () => ({ ok: true, status: 200, json: async () => JSON.parse("<") }),
  "an answer of another shape": () => respond({ hits: "none" }),
})) {
  test(`${name} falls back to the index on the site`, async () => {
    const { core } = setUp(endpoint);
    const outcome = await core.search("提币没到账", { lang: "zh" });
    assert.equal(outcome.source, "fallback");
    assert.equal(outcome.hits[0].article_id, "KB-0019");
  });
}

test("an endpoint that hangs is given up after 1.5 seconds", async () => {
  const { core, clock } = setUp(hang);
  const answer = core.search("提币没到账", { lang: "zh" });
  await Promise.resolve();
  assert.equal(clock.timers[0].delay, 1500);
  clock.timers[0].callback();
  assert.equal((await answer).source, "fallback");
});

test("a failed endpoint is left alone for 30 seconds, then asked again", async () => {
  let alive = false;
  const { core, clock, asked } = setUp(() => respond(alive ? ANSWER : {}, alive ? 200 : 500));
  await core.search("一", { lang: "zh" });
  await core.search("二", { lang: "zh" });
  assert.equal(asked(), 1);
  alive = true;
  clock.now = 30_000;
  assert.equal((await core.search("三", { lang: "zh" })).source, "endpoint");
});

test("the index is fetched once, and again only if that failed", async () => {
  const { core, calls } = setUp(() => respond({}, 500));
  await core.search("一", { lang: "zh" });
  await core.search("二", { lang: "zh" });
  assert.equal(calls.filter(({ url }) => url === "/search.zh.json").length, 1);
});

test("a wrong request is no reason to fall back", async () => {
  const { core } = setUp(() => respond({ error: { code: "FIELD_INVALID" } }, 422));
  assert.deepEqual(await core.search("😀", { lang: "zh" }), { kind: "refused", code: "FIELD_INVALID" });
});

test("without endpoint and index the box says so", async () => {
  const core = createSearch({
    endpoint: "/api/search",
    fallbackUrl: () => "/search.zh.json",
    fetch: () => Promise.reject(new TypeError("offline")),
  });
  assert.deepEqual(await core.search("没到账", { lang: "zh" }), { kind: "unavailable" });
});

test("a later search makes the earlier answer stale and does not trip the breaker", async () => {
  const { core, asked } = setUp((options, number) => (number === 1 ? hang(options) : respond(ANSWER)));
  const early = core.search("提币", { lang: "zh" });
  const late = core.search("提币没到账", { lang: "zh" });
  assert.equal((await early).kind, "stale");
  assert.equal((await late).source, "endpoint");
  assert.equal((await core.search("提币没到", { lang: "zh" })).source, "endpoint");
  assert.equal(asked(), 3);
});

test("a secret that only the server recognised is reported as sent", () => {
  const outcome = parseAnswer({ secret: { kind: "totp_secret" }, hits: [], answered: false });
  assert.equal(outcome.kind, "secret");
  assert.equal(outcome.sent, true);
});

test("hits that lead off the site are dropped", () => {
  const bad = ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example", undefined];
  const hits = [...bad.map((url) => ({ ...HIT, url })), { title: 1 }, null, HIT];
  assert.deepEqual(parseAnswer({ ...ANSWER, hits }).hits, [HIT]);
  assert.equal(parseAnswer({ ...ANSWER, urgent: { title: "x", url: "//evil.example/" } }).urgent, null);
});

test("an urgent article brings what to do now", () => {
  const urgent = { article_id: "KB-0038", title: "被盗", url: "/s/x/", actions: ["转走剩下的币。"] };
  assert.deepEqual(parseAnswer({ ...ANSWER, urgent }).urgent.actions, ["转走剩下的币。"]);
  assert.deepEqual(parseAnswer({ ...ANSWER, urgent: { ...urgent, actions: null } }).urgent.actions, []);
});

test("marks cut the text by characters, not by UTF-16 units", () => {
  assert.deepEqual(splitMarks("𠮷野家没到账", [[3, 6]]), [
    { text: "𠮷野家", marked: false },
    { text: "没到账", marked: true },
  ]);
});

test("overlapping, reversed and foreign marks are mended", () => {
  assert.deepEqual(splitMarks("abcd", [[0, 2], [1, 3], [9, 12], [3, 1], null, ["x", 2], [-5, 0]]), [
    { text: "abc", marked: true },
    { text: "d", marked: false },
  ]);
  assert.deepEqual(splitMarks("", undefined), []);
});

test("a debounced call runs once, with the last arguments", () => {
  const timers = new Map();
  const seen = [];
  const later = debounce((text) => seen.push(text), 150, {
    setTimeout: (callback) => (timers.set(timers.size, callback), timers.size - 1),
    clearTimeout: (i) => timers.delete(i),
  });
  later("提");
  later("提币");
  later.flush();
  later.flush();
  assert.deepEqual(seen, ["提币"]);
});

test("one word of Latin letters or one Han character is only a beginning", () => {
  for (const text of ["z", "zjc", "zhuji", "2f", "助", " tib ", "é"]) assert.ok(isBeginning(text), text);
  for (const text of ["", "助记", "tib i", "助z", "zhuanzhangshibai", "2fa?"]) assert.ok(!isBeginning(text), text);
});
