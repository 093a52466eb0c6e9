/**
 * Measures the search of a browser without endpoint on the development queries and the built site.
 *
 *     node benchmarks/fallback.mjs        writes build/benchmarks/fallback.json
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { openFallback, searchFallback } from "../kb_build/theme/assets/kb/fallback.js";

const root = new URL("..", import.meta.url);
const read = (path) => readFileSync(new URL(path, root), "utf8");
const rows = (path) => read(path).trim().split("\n").slice(1).map((line) => line.split("\t"));
const share = (list, is) => list.filter(is).length / list.length;

const wanted = new Set(rows("benchmarks/dev_qrels.tsv").map(([queryId, articleId]) => `${queryId} ${articleId}`));
const answers = (queryId, hit) => wanted.has(`${queryId} ${hit?.article_id}`);
const queries = rows("benchmarks/dev_queries.tsv").map(([id, lang, style, text]) => ({
  id,
  lang: lang === "en" ? "en" : "zh",
  isOurs: style !== "offtopic",
  text,
}));

const figures = {};
for (const lang of ["zh", "en"]) {
  const content = read(`build/site/assets/kb/search.${lang}.json`);
  const index = openFallback(JSON.parse(content));
  const asked = queries
    .filter((query) => query.lang === lang)
    .map((query) => ({ ...query, ...searchFallback(index, query.text, { limit: 3 }) }));
  const ours = asked.filter(({ isOurs }) => isOurs);
  figures[lang] = {
    queries: ours.length,
    hit_at_1: share(ours, ({ id, hits }) => answers(id, hits[0])),
    hit_at_3: share(ours, ({ id, hits }) => hits.some((hit) => answers(id, hit))),
    answered: share(ours, ({ answered }) => answered),
    refused: share(asked.filter(({ isOurs }) => !isOurs), ({ answered }) => !answered),
    bytes: gzipSync(content).length,
  };
}
mkdirSync(new URL("build/benchmarks/", root), { recursive: true });
writeFileSync(new URL("build/benchmarks/fallback.json", root), JSON.stringify(figures, null, 1));
console.table(figures);
