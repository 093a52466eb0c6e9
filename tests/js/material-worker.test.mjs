import assert from "node:assert/strict";
import { test } from "node:test";

/** Runs the worker in a scope that looks like a browser's. */
async function startWorker(answer) {
  const sent = [];
  let listener;
  Object.assign(globalThis, {
    location: { href: "http://127.0.0.1:8000/help/assets/kb/material-worker.js?lang=en" },
    addEventListener: (_, callback) => (listener = callback),
    postMessage: (message) => sent.push(message),
    fetch: async (url, { body }) => {
      sent.push({ url: String(url), body: JSON.parse(body) });
      return { ok: true, status: 200, json: async () => answer };
    },
  });
  await import("../../kb_build/theme/assets/kb/material-worker.js");
  return { sent, post: (data) => listener({ data }) };
}

test("Material's search form gets the endpoint's answers, escaped", async () => {
  const hit = {
    title: "<img src=x>",
    summary: "a & b",
    url: "/help/x/",
    anchor: "steps",
    score: 0.9,
    excerpt: { text: "", marks: [] },
  };
  const { sent, post } = await startWorker({ answered: true, hits: [hit], urgent: null, secret: null });
  await post({ type: 0, data: {} });
  await post({ type: 2, data: "stuck" });
  assert.deepEqual(sent[0], { type: 1 });
  assert.equal(sent[1].url, "http://127.0.0.1:8000/help/api/search");
  assert.equal(sent[1].body.lang, "en");
  assert.deepEqual(sent[2].data.items, [
    [{ location: "x/#steps", title: "&lt;img src=x&gt;", text: "a &amp; b", score: 0.9, terms: {} }],
  ]);
});
