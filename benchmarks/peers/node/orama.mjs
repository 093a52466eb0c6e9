// Orama, with its tokenizer for Mandarin where documents are Chinese and its English one elsewhere.

import { readFileSync, readdirSync } from "node:fs";
import { create, insertMultiple, save, search } from "@orama/orama";
import { stopwords } from "@orama/stopwords/mandarin";
import { createTokenizer } from "@orama/tokenizers/mandarin";
import { packed, packedFiles, run } from "./protocol.mjs";

run(async ({ options, documents, languages }) => {
  const chinese = languages.includes("zh");
  const stopWords = options.stopWords ? { stopWords: stopwords } : {};
  const db = create({
    schema: { title: "string", summary: "string", asked: "string", body: "string" },
    ...(chinese
      ? { components: { tokenizer: createTokenizer({ language: "mandarin", ...stopWords }) } }
      : { language: "english" }),
  });
  const articles = new Map(documents.map((document, n) => [`d${n}`, document.article]));
  const rows = documents.map(({ title, summary, asked, body }, n) => ({
    id: `d${n}`, title, summary, asked, body,
  }));
  await insertMultiple(db, rows);
  const index = JSON.stringify(save(db));
  return {
    search: async ({ text }) => {
      const { hits } = await search(db, { term: text, limit: 40, boost: { title: 2 } });
      return hits.map((hit) => [articles.get(hit.id), hit.score]);
    },
    indexBytes: Buffer.byteLength(index),
    browserBytes: packed(index) + oramaBytes(),
  };
});

// Orama ships modules for a bundler; all of them together, packed as published, are counted.
function oramaBytes() {
  const folder = new URL("node_modules/@orama/orama/dist/esm/", import.meta.url);
  const modules = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".js"));
  return (
    packed(modules.sort().map((name) => readFileSync(new URL(name, folder), "utf-8")).join("\n")) +
    packedFiles("@orama/tokenizers/dist/esm/mandarin.js")
  );
}
