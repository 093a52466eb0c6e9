// Pagefind's own browser client on a bundle it wrote; fetch reads files, so bytes can be counted.

import { readFile, readdir, stat } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { packed, run } from "./protocol.mjs";

const SHOWN = 10;
const NOT_PACKED = /\.(pf_index|pf_meta|pf_fragment|pf_filter|pagefind)$/; // already compressed

run(async ({ options, queries }) => {
  let bytes = 0;
  globalThis.fetch = async (url) => {
    const path = String(url).replace(/^.*\/bundle\//, "").replace(/\?.*$/, "");
    const content = await readFile(`${options.bundle}/${path}`);
    bytes += NOT_PACKED.test(path) ? content.length : packed(content);
    return new Response(content);
  };
  const script = await readFile(`${options.bundle}/pagefind.js`);
  const clients = new Map();
  for (const lang of new Set(queries.map((query) => langOf(query, options)))) {
    globalThis.document = {
      currentScript: null,
      querySelector: () => ({ getAttribute: () => lang }),
    };
    globalThis.window = { location: { origin: "http://localhost" } };
    const client = await import(`${pathToFileURL(options.bundle)}/pagefind.js?${lang}`);
    await client.options({ basePath: "/bundle/", baseUrl: "/" });
    await client.init();
    clients.set(lang, client);
  }
  const first = bytes / clients.size + packed(script);
  const perQuery = [];
  return {
    search: async (query) => {
      bytes = 0;
      const client = clients.get(langOf(query, options));
      const { results } = await client.search(query.text);
      const shown = await Promise.all(results.slice(0, SHOWN).map((result) => result.data()));
      perQuery.push(bytes);
      return shown.map((data, i) => [data.meta.article, results[i].score]);
    },
    buildSeconds: options.buildSeconds,
    indexBytes: await sizeOf(options.bundle),
    browserBytes: () => Math.round(first + perQuery[0]),
  };
});

function langOf(query, options) {
  if (options.language) return options.language;
  return query.lang.startsWith("en") ? "en" : "zh";
}

async function sizeOf(folder) {
  let sum = 0;
  for (const name of await readdir(folder, { recursive: true })) {
    if (!/^(index|fragment)\b|\.pf_meta$|entry\.json$/.test(name)) continue;
    const entry = await stat(`${folder}/${name}`);
    if (entry.isFile()) sum += entry.size;
  }
  return sum;
}
