/**
 * Speaks the protocol of Material's search worker and answers through search-core.js.
 *
 * The pages have their own search box and start no worker. This one is set in `__config` so
 * that a theme which brings Material's box back still asks our endpoint. Material puts what
 * it gets into innerHTML, so everything is escaped here.
 */

const MESSAGE = { setup: 0, ready: 1, query: 2, result: 3 };
const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Set by the page: `material-worker.js?lang=zh`. */
const lang = new URL(globalThis.location.href).searchParams.get("lang") ?? "zh";
const root = new URL("../../", globalThis.location.href);
let core = null;

async function onMessage({ data: message }) {
  if (message.type === MESSAGE.setup) {
    // Material starts a classic worker, where only a dynamic import is allowed.
    const { createSearch } = await import("./search-core.js");
    core = createSearch({
      endpoint: new URL("api/search", root).href,
      fallbackUrl: (code) => new URL(`assets/kb/search.${code}.json`, root).href,
    });
    globalThis.postMessage({ type: MESSAGE.ready });
  } else if (message.type === MESSAGE.query) {
    const outcome = await core.search(message.data, { lang });
    if (outcome.kind === "stale") return;
    const items = (outcome.hits ?? []).map(itemOf);
    globalThis.postMessage({ type: MESSAGE.result, data: { items } });
  }
}

function itemOf({ url, anchor, title, summary, score }) {
  // Material wants addresses relative to the site's root.
  const location = url.slice(root.pathname.length) + (anchor ? `#${anchor}` : "");
  return [{ location, title: escape(title), text: escape(summary), score, terms: {} }];
}

function escape(text) {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

globalThis.addEventListener("message", onMessage);
