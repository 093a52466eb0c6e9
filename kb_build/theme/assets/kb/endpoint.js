/**
 * One address that a page asks again and again: the last question counts, none waits for ever, and
 * after a failure the address is left alone for a while. Knows nothing of what is asked.
 */

/** How long the endpoint is left alone after it failed. */
const BREAKER_MS = 30_000;

/**
 * @param {object} parts
 * @param {string} parts.url
 * @param {number} parts.timeoutMs for the whole answer
 * @param {string|null} parts.session random id of this tab; says which questions belong together
 */
export function createEndpoint({ url, timeoutMs, session, fetch, now, setTimeout, clearTimeout }) {
  let running = null;
  let restsUntil = -Infinity;

  /** Gives up the question under way, if there is one: its answer is `{ kind: "stale" }`. */
  function cancel() {
    running?.abort();
    running = null;
  }

  /**
   * @template T
   * @param {object} body sent as JSON
   * @param {(response: Response) => Promise<T>} read throws when the endpoint is of no use
   * @returns {Promise<T|{kind: "stale"}|null>} null: not to be had now; never rejects
   */
  async function ask(body, read) {
    if (now() < restsUntil) return null;
    const controller = new AbortController();
    running = controller;
    const timer = setTimeout(() => controller.abort(), timeoutMs);
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...(session ? { "X-Session": session } : {}) },
        body: JSON.stringify(body),
        signal: controller.signal,
        credentials: "omit",
      });
      return await read(response);
    } catch {
      if (running !== controller) return { kind: "stale" }; // given up: that says nothing about the endpoint
      restsUntil = now() + BREAKER_MS;
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  return { ask, cancel };
}
