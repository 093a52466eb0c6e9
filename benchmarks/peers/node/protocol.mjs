// One engine on one set: reads a job, answers every query, writes what each cost. A job is
// {system, options, languages, documents: [{article, lang, title, summary, body, asked}],
//  queries: [{id, lang, text}]}; browser_engines.py writes it.

import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const DEPTH = 10;

/** CPU milliseconds of this process, all threads. */
export function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Bytes of a text or buffer as a server would send it. */
export function packed(content) {
  return gzipSync(content, { level: 9 }).length;
}

/** Bytes of files below node_modules, packed. */
export function packedFiles(...paths) {
  return paths.reduce(
    (sum, path) => sum + packed(readFileSync(new URL(`node_modules/${path}`, import.meta.url))),
    0,
  );
}

/** The text of one field, or of all of them. */
export function asText(document) {
  return [document.title, document.summary, document.asked, document.body].join("\n");
}

/**
 * Runs the job named on the command line.
 * @param build (job) => {search: async (query) => [[article, score], …], indexBytes, browserBytes}
 */
export async function run(build) {
  const [jobPath, answerPath] = process.argv.slice(2);
  const job = JSON.parse(readFileSync(jobPath, "utf-8"));
  const before = cpuMs();
  const engine = await build(job);
  const buildSeconds = (cpuMs() - before) / 1000;
  const answers = [];
  for (const query of job.queries) {
    const started = cpuMs();
    const hits = await engine.search(query);
    const spent = cpuMs() - started;
    const ids = [...new Set(hits.map(([article]) => article))].slice(0, DEPTH);
    answers.push({ id: query.id, ids, score: hits.length ? (hits[0][1] ?? 0) : null, cpu_ms: spent });
  }
  const { indexBytes, browserBytes } = engine;
  writeFileSync(
    answerPath,
    JSON.stringify({
      build_s: engine.buildSeconds ?? buildSeconds,
      index_bytes: indexBytes,
      browser_bytes: typeof browserBytes === "function" ? browserBytes() : browserBytes,
      answers,
    }),
  );
  process.exit(0); // some engines leave timers behind
}
