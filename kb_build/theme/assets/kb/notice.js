/**
 * The notice at the top of every page: asks for the one of the moment, now and while the page is
 * looked at. The endpoint answers, or a file of the built site where there is no endpoint.
 */

const ASK_AGAIN_MS = 30_000;

/**
 * @param {{zh: string, en: string, level: string, until_s: number|null}|null} notice
 * @returns {{text: string, level: string}|null} what to show in a language at a moment
 */
export function shownOf(notice, lang, nowMs) {
  if (!notice || (notice.until_s !== null && notice.until_s * 1000 <= nowMs)) return null;
  return { text: lang === "en" ? notice.en : notice.zh, level: notice.level };
}

/** Puts it on the page; touches nothing that stays the same, so that nothing is read out twice. */
export function show(element, shown) {
  const text = element.querySelector("[data-kb-notice-text]");
  if (shown && text.textContent !== shown.text) text.textContent = shown.text;
  if (shown) element.dataset.level = shown.level;
  if (element.hidden !== !shown) element.hidden = !shown;
}

async function refresh(element, config) {
  try {
    const address = new URL("notice", new URL(config.endpoint, location.href));
    const response = await fetch(address, { credentials: "omit", cache: "no-cache" });
    if (!response.ok) return;
    const { notice } = await response.json();
    show(element, shownOf(notice, config.lang, Date.now()));
  } catch {
    // Away: what the page says already stays.
  }
}

function start() {
  const element = document.getElementById("kb-notice");
  const config = JSON.parse(document.getElementById("kb-config").textContent);
  refresh(element, config);
  setInterval(() => {
    if (!document.hidden) refresh(element, config);
  }, ASK_AGAIN_MS);
}

if (globalThis.document) start();
