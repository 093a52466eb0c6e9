// MiniSearch, with words from Intl.Segmenter or with the terms of our own analyzer (pairs of Han
// characters, Latin words), plain or with the prefix and fuzzy search of its documentation.

import MiniSearch from "minisearch";
import { packed, packedFiles, run } from "./protocol.mjs";

const segmenter = new Intl.Segmenter("zh-CN", { granularity: "word" });
const TOKEN = /\p{Script=Han}+|(?:(?!\p{Script=Han})[\p{Letter}\p{Number}])+/gu;

function words(text) {
  return [...segmenter.segment(text)].filter((part) => part.isWordLike).map((part) => part.segment);
}

function pairs(text) {
  return (text.normalize("NFKC").match(TOKEN) ?? []).flatMap((token) => {
    if (!/^\p{Script=Han}/u.test(token)) return [token];
    const characters = [...token];
    return [...characters, ...characters.slice(1).map((c, i) => characters[i] + c)];
  });
}

run(({ options, documents }) => {
  const fields = ["title", "summary", "asked", "body"];
  const mini = new MiniSearch({
    fields,
    storeFields: ["article"],
    tokenize: options.tokenize === "pairs" ? pairs : words,
    searchOptions: { boost: { title: 2 }, ...(options.loose ? { prefix: true, fuzzy: 0.2 } : {}) },
  });
  mini.addAll(documents.map((document, id) => ({ id, ...document })));
  const index = JSON.stringify(mini);
  return {
    search: async ({ text }) => mini.search(text).slice(0, 40).map((hit) => [hit.article, hit.score]),
    indexBytes: Buffer.byteLength(index),
    browserBytes: packed(index) + packedFiles("minisearch/dist/es/index.js"),
  };
});

