import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { openFallback, searchFallback } from "../../kb_build/theme/assets/kb/fallback.js";
import { findSecret } from "../../kb_build/theme/assets/kb/secret-guard.js";

// The indexes of the built site; CI builds one before this runs.
const indexOf = (lang) => `build/site/assets/kb/search.${lang}.json`;
const skip = existsSync(indexOf("zh")) ? false : "no site has been built";
const read = (lang) => JSON.parse(readFileSync(indexOf(lang), "utf8"));

for (const lang of ["zh", "en"]) {
  test(`no question of the library is taken for a secret (${lang})`, { skip }, () => {
    for (const { title, summary, questions, actions = [] } of read(lang).articles) {
      for (const asked of [title, ...questions]) assert.equal(findSecret(asked), null, asked);
      for (const said of [summary, ...actions]) assert.notEqual(findSecret(said)?.ask, false, said);
    }
  });

  test(`every title is among the first three without the endpoint (${lang})`, { skip }, () => {
    const index = openFallback(read(lang));
    for (const { id, title } of index.articles) {
      const found = searchFallback(index, title, { limit: 3 }).hits.map((hit) => hit.article_id);
      assert.ok(found.includes(id), title);
    }
  });
}
