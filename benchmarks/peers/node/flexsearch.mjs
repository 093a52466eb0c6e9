// FlexSearch: its encoder for Chinese (or for Latin script where nothing is Chinese) with prefix
// search, or words from Intl.Segmenter; with suggestions, or one unknown word finds nothing.

import { Charset, Index } from "flexsearch";
import { asText, packed, packedFiles, run } from "./protocol.mjs";

const segmenter = new Intl.Segmenter("zh-CN", { granularity: "word" });

function words(text) {
  return [...segmenter.segment(text.toLowerCase())]
    .filter((part) => part.isWordLike)
    .map((part) => part.segment);
}

run(async ({ options, documents, languages }) => {
  const encoder = languages.includes("zh") ? Charset.CJK : Charset.LatinBalance;
  const index = new Index(
    options.encode === "words" ? { encode: words, tokenize: "strict" } : { encoder, tokenize: "forward" },
  );
  documents.forEach((document, n) => index.add(n, asText(document)));
  const parts = [];
  await index.export((name, data) => { parts.push(`${name}\n${data ?? ""}`); });
  const stored = parts.join("\n");
  return {
    search: async ({ text }) =>
      index.search(text, { limit: 40, suggest: true }).map((n) => [documents[n].article, null]),
    indexBytes: Buffer.byteLength(stored),
    browserBytes: packed(stored) + packedFiles("flexsearch/dist/flexsearch.bundle.module.min.js"),
  };
});
