/**
 * What a tab tells the help centre of itself: a random number of its own, and what was of use.
 * Never what was typed. Forgotten with the tab; no cookie, no account.
 */

const SESSION = "kb-session";
let made = null;

/** @returns {string} 32 hex digits, the same for this tab until it is closed */
export function sessionId() {
  try {
    const kept = sessionStorage.getItem(SESSION);
    if (/^[0-9a-f]{32}$/.test(kept ?? "")) return kept;
    made ??= randomHex();
    sessionStorage.setItem(SESSION, made);
  } catch {
    made ??= randomHex(); // no storage: the same until the next page
  }
  return made;
}

function randomHex() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @returns {string} address of another route of the search endpoint */
export function routeOf(config, name) {
  return new URL(name, new URL(config.endpoint, location.href)).href;
}

/**
 * Tells that something happened; survives the page being left. Nobody waits for it.
 * @returns {Promise<object|null>} the answer; null when it did not arrive
 */
export async function tell(config, type, facts = {}) {
  try {
    const response = await fetch(routeOf(config, "events"), {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Session": sessionId() },
      body: JSON.stringify({ type, ...facts }),
      keepalive: true,
      credentials: "omit",
    });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

/** Hands a question to the next page through this tab's memory, never through the address. */
export function handOver(place, question) {
  try {
    sessionStorage.setItem(place, question);
  } catch {
    // Without storage the next page starts empty.
  }
}

/** @returns {string} what was handed over; it is forgotten at once */
export function takeOver(place) {
  try {
    const question = sessionStorage.getItem(place) ?? "";
    sessionStorage.removeItem(place);
    return question;
  } catch {
    return "";
  }
}

export const TO_SEARCH = "kb-question";
export const TO_CONTACT = "kb-contact-question";
