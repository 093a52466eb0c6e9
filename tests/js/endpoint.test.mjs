// One address asked again and again: last question, time-out, rest after a failure.

import assert from "node:assert/strict";
import test from "node:test";

import { createEndpoint } from "../../kb_build/theme/assets/kb/endpoint.js";

function endpoint(fetch, { clock = { ms: 0 } } = {}) {
  const timers = [];
  const made = createEndpoint({
    url: "/api/x",
    timeoutMs: 100,
    session: "s1",
    fetch,
    now: () => clock.ms,
    setTimeout: (call) => timers.push(call),
    clearTimeout: () => timers.splice(0),
  });
  return { ...made, clock, timers };
}

/** A fetch that never answers, until it is given up. */
const silent = (url, { signal }) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));

const read = async (response) => response.value;

test("what the endpoint says is read by the caller; the body goes as JSON with the tab's id", async () => {
  const sent = [];
  const { ask } = endpoint(async (url, options) => (sent.push([url, options]), { value: 7 }));
  assert.equal(await ask({ a: 1 }, read), 7);
  const [[url, options]] = sent;
  assert.equal(url, "/api/x");
  assert.equal(options.body, '{"a":1}');
  assert.equal(options.headers["X-Session"], "s1");
  assert.equal(options.credentials, "omit");
});

test("a question given up is stale and does not make the endpoint rest", async () => {
  let calls = 0;
  const made = endpoint((...args) => ((calls += 1), silent(...args)));
  const first = made.ask({}, read);
  made.cancel();
  assert.deepEqual(await first, { kind: "stale" });
  const second = made.ask({}, read);
  assert.equal(calls, 2);
  made.cancel();
  await second;
});

test("after a time-out the endpoint is left alone for half a minute", async () => {
  let calls = 0;
  const made = endpoint((...args) => ((calls += 1), silent(...args)));
  const asked = made.ask({}, read);
  made.timers[0]();
  assert.equal(await asked, null);
  made.clock.ms = 29_999;
  assert.equal(await made.ask({}, read), null);
  assert.equal(calls, 1);
  made.clock.ms = 30_000;
  const again = made.ask({}, read);
  assert.equal(calls, 2);
  made.cancel();
  await again;
});

test("an answer that cannot be read counts as a failure", async () => {
  const made = endpoint(async () => ({}));
  const broken = async () => {
    throw new TypeError("not an answer");
  };
  assert.equal(await made.ask({}, broken), null);
  assert.equal(await made.ask({}, read), null);
});
