/**
 * Tells whether a text looks like a recovery phrase or a key, before it leaves the page.
 * Knows nothing of searching and of what is done about it.
 */

import { BIP39_ENGLISH } from "./secret-words.js";

const PHRASE_WORDS = new Set(BIP39_ENGLISH.split(" "));
const PHRASE_LENGTHS = new Set([12, 15, 18, 21, 24]);

/**
 * From this many phrase words in a row on, nothing is sent unasked: otherwise a phrase typed
 * word by word would leave the page in its first parts. Five known words of twelve leave 73 bits.
 */
const SUSPECT_RUN = 6;
const CERTAIN_WINDOW = 12;
/** One of twelve may be mistyped. */
const CERTAIN_HITS = 11;

const BASE58 = "[1-9A-HJ-NP-Za-km-z]";
const EXTENDED_KEY = new RegExp(`\\b[xyztuvXYZTUV]prv${BASE58}{60,}`);
// Uncompressed keys begin with 5 and have 51 characters, compressed ones with K, L or c and 52.
const WIF_KEY = new RegExp(`(?<!${BASE58})(?:5${BASE58}{50}|[KLc]${BASE58}{51})(?!${BASE58})`);
const HEX_64 = /(?<![0-9a-f])(?:0x)?[0-9a-f]{64}(?![0-9a-f])/i;
const KEYSTORE = /"(?:ciphertext|kdfparams)"\s*:/i;
// Single Han characters set apart by spaces, commas, numbers or line ends: 天 地 玄 黄 …
const HAN_RUN = /(?<!\p{Script=Han})\p{Script=Han}(?:[\s\d.,、，。;:：]+\p{Script=Han}(?!\p{Script=Han}))+/gu;

/**
 * @param {string} text
 * @returns {{kind: string, certain: boolean}|null} kinds are those of search_index/secrets.py.
 *   `certain` false means: ask first (64 hex digits are a private key or a transaction
 *   hash; a few phrase words may be the beginning of a phrase or ordinary English).
 */
export function looksLikeSecret(text) {
  const plain = text.normalize("NFKC");
  if (EXTENDED_KEY.test(plain)) return { kind: "extended_key", certain: true };
  if (WIF_KEY.test(plain)) return { kind: "private_key", certain: true };
  if (KEYSTORE.test(plain)) return { kind: "keystore", certain: true };

  const latin = latinRuns(plain);
  if (latin.certain || hanRuns(plain).some((n) => PHRASE_LENGTHS.has(n) || n > CERTAIN_WINDOW)) {
    return { kind: "recovery_phrase", certain: true };
  }
  if (latin.longest >= SUSPECT_RUN || hanRuns(plain).some((n) => n >= SUSPECT_RUN)) {
    return { kind: "recovery_phrase", certain: false };
  }
  if (HEX_64.test(plain)) return { kind: "private_key", certain: false };
  return null;
}

/** Longest run of phrase words, and whether some twelve in a row are (but for one) phrase words. */
function latinRuns(text) {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  const known = words.map((word) => PHRASE_WORDS.has(word));
  let longest = 0;
  let run = 0;
  let inWindow = 0;
  let certain = false;
  known.forEach((isKnown, i) => {
    run = isKnown ? run + 1 : 0;
    longest = Math.max(longest, run);
    inWindow += Number(isKnown) - Number(known[i - CERTAIN_WINDOW] ?? false);
    certain ||= i >= CERTAIN_WINDOW - 1 && inWindow >= CERTAIN_HITS;
  });
  return { longest, certain };
}

/** Lengths of the runs of separated single Han characters. */
function hanRuns(text) {
  return (text.match(HAN_RUN) ?? []).map((run) => run.match(/\p{Script=Han}/gu).length);
}
