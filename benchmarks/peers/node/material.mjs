// The search worker of Material for MkDocs, unchanged, in a context that looks like a worker.

import { readFileSync, readdirSync } from "node:fs";
import vm from "node:vm";
import { packed, run } from "./protocol.mjs";

const [SETUP, READY, QUERY, RESULT] = [0, 1, 2, 3];

run(async ({ options }) => {
  const scripts = `${options.site}/assets/javascripts`;
  const [name] = readdirSync(`${scripts}/workers`).filter((file) => /^search\..*\.js$/.test(file));
  const worker = readFileSync(`${scripts}/workers/${name}`, "utf-8");
  let loaded = packed(worker);
  let deliver;
  let answered;
  const context = vm.createContext({
    console: { ...console, warn() {} },
    URL,
    addEventListener: (_, listener) => { deliver = listener; },
    postMessage: (message) => answered(message),
    importScripts: (...urls) => {
      for (const url of urls) {
        const code = readFileSync(`${scripts}/workers/${url}`, "utf-8");
        loaded += packed(code);
        vm.runInContext(code, context);
      }
    },
  });
  context.self = context;
  context.window = context;
  vm.runInContext(worker, context);
  const ask = (type, data) =>
    new Promise((resolve) => {
      answered = resolve;
      deliver({ data: { type, data } });
    });
  const index = readFileSync(`${options.site}/search/search_index.json`, "utf-8");
  const ready = await ask(SETUP, { ...JSON.parse(index), options: { suggest: false } });
  if (ready.type !== READY) throw new Error("the worker is not ready");
  return {
    search: async ({ text }) => {
      const { type, data } = await ask(QUERY, text);
      if (type !== RESULT) throw new Error("no result");
      return data.items.map((items) => {
        const page = items[0].location.split("#")[0];
        return [options.articles[page], Math.max(...items.map((item) => item.score))];
      });
    },
    buildSeconds: options.buildSeconds,
    indexBytes: Buffer.byteLength(index),
    browserBytes: loaded + packed(index),
  };
});
