// The guard in the browser decides on the shared vectors as the one in Python does.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { findSecret } from "../../kb_build/theme/assets/kb/secret-guard.js";

const FOLDER = new URL("../../kb_build/theme/assets/kb/", import.meta.url);
const vectors = JSON.parse(readFileSync(new URL("../secret_vectors.json", import.meta.url), "utf8"));

for (const { name, text, expect, browser } of vectors) {
  if (browser === "skip") continue;
  test(`vector: ${name}`, () => {
    assert.deepEqual(findSecret(text), browser === undefined ? expect : browser);
  });
}

test("nothing else is exported", async () => {
  const names = Object.keys(await import("../../kb_build/theme/assets/kb/secret-guard.js"));
  assert.deepEqual(names, ["findSecret"]);
});

test("no text makes it throw", () => {
  const pieces = ["\ud800", "\udfff", "\0", "abandon ", "0x", "ab", "助记词", "天 ", "{", "1, ", "5J", "=", "\u200b"];
  let seed = 1;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  for (let i = 0; i < 500; i += 1) {
    const text = Array.from({ length: 60 }, () => pieces[Math.floor(random() * pieces.length)]).join("");
    findSecret(text);
  }
});

test("a query takes well under a millisecond and a long text under a tenth of a second", () => {
  const time = (text, times) => {
    const started = performance.now();
    for (let i = 0; i < times; i += 1) findSecret(text);
    return (performance.now() - started) / times;
  };
  assert.ok(time("提现多久到账 how long does a withdrawal take", 200) < 1);
  for (const text of ["abandon the ", "提现多久到账", "ab cd ", "1, ", "5Kx"]) {
    const long = text.repeat(8000 / text.length);
    assert.ok(time(long, 3) < 100, JSON.stringify(text));
  }
});

test("what is sent stays small", () => {
  const size = (name) => gzipSync(readFileSync(new URL(name, FOLDER)), { level: 9 }).length;
  assert.ok(size("secret-guard-words.js") <= 7 * 1024, `${size("secret-guard-words.js")}`);
  assert.ok(size("secret-guard-han.js") <= 10 * 1024, `${size("secret-guard-han.js")}`);
  assert.ok(size("secret-guard.js") <= 10 * 1024, `${size("secret-guard.js")}`);
});
