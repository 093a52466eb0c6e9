/**
 * Letters that look like others: what a name is made of, and what it wants to be taken for.
 *
 * Knows nothing of addresses and of lists. The tables hold what is used against names in Latin
 * letters; a name that is not on a list is refused anyway, they only help to say why.
 */

/** Letter → the Latin letter it passes for. Source: Unicode TR39 confusables, small letters. */
const PASSES_FOR = new Map(
  Object.entries({
    // Cyrillic
    а: "a", в: "b", ь: "b", с: "c", ԁ: "d", е: "e", ё: "e", є: "e", һ: "h", н: "h", і: "i", ї: "i",
    ј: "j", к: "k", ӏ: "l", м: "m", п: "n", о: "o", р: "p", ԛ: "q", г: "r", ѕ: "s", т: "t", ц: "u",
    ѵ: "v", ԝ: "w", ш: "w", х: "x", у: "y", ү: "y",
    // Greek
    α: "a", β: "b", ϲ: "c", ε: "e", η: "n", ι: "i", κ: "k", ν: "v", ο: "o", ρ: "p", σ: "o", ς: "s",
    τ: "t", υ: "u", χ: "x", ω: "w", γ: "y",
    // Armenian, Hebrew, Malayalam
    օ: "o", ս: "u", հ: "h", ո: "n", ց: "g", զ: "q", ס: "o", ഠ: "o",
    // Latin letters that are not ASCII and do not come apart into letter and accent
    ɑ: "a", ɡ: "g", ı: "i", ɩ: "i", ł: "l", ø: "o", đ: "d", ħ: "h", ŧ: "t", ʟ: "l", ɾ: "r", ß: "b",
    ꜱ: "s", ʏ: "y", ƽ: "s",
  }),
);
const ACCENTS = /\p{M}+/gu;
const LETTER = /\p{L}/u;
const ASCII_LETTER = /[a-z]/i;
// Alphabets that share shapes with Latin; a word that mixes them with it is up to something.
const NEAR_ALPHABET = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Lisu}\p{Script=Coptic}]/u;

/**
 * @param {string} name
 * @returns {string} the same for all names that a hurried reader takes for each other
 */
export function skeleton(name) {
  return plain(name)
    .replace(/rn/g, "m")
    .replace(/vv/g, "w")
    .replace(/0/g, "o")
    .replace(/[1i|]/g, "l")
    .replace(/3/g, "e")
    .replace(/5/g, "s");
}

/** Small letters, without accents, foreign look-alikes as Latin. */
function plain(name) {
  const bare = name.toLowerCase().normalize("NFD").replace(ACCENTS, "");
  return Array.from(bare, (letter) => PASSES_FOR.get(letter) ?? letter).join("");
}

/**
 * @param {string} name
 * @returns {boolean} whether a word in it holds letters that pass for Latin ones
 */
export function imitatesLatin(name) {
  return name.split(/[^\p{L}\p{M}\p{N}]+/u).some((word) => {
    const letters = Array.from(word.normalize("NFC").toLowerCase()).filter((c) => LETTER.test(c));
    const foreign = letters.filter((letter) => !ASCII_LETTER.test(letter));
    if (foreign.length === 0) return false;
    const passing = foreign.filter((letter) => ASCII_LETTER.test(plain(letter)));
    if (passing.length === foreign.length) return true;
    return foreign.length < letters.length && foreign.some((letter) => NEAR_ALPHABET.test(letter));
  });
}

/**
 * @param {string} a
 * @param {string} b
 * @returns {number} insertions, deletions, replacements and swaps of neighbours from a to b
 */
export function editDistance(a, b) {
  // Source: optimal string alignment (Damerau 1964, restricted); three rows.
  let [before, last] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(row[j], before[j - 2] + 1);
      }
    }
    [before, last] = [last, row];
  }
  return last[b.length];
}

/**
 * @param {string} host as the URL parser gives it: `xn--…` for every label that is not ASCII
 * @returns {string} the host as people see it
 */
export function hostAsSeen(host) {
  return host
    .split(".")
    .map((label) => (label.startsWith("xn--") ? (decodePunycode(label.slice(4)) ?? label) : label))
    .join(".");
}

/** Source: RFC 3492, section 6.2. Returns null for what is not Punycode. */
function decodePunycode(label) {
  const [BASE, T_MIN, T_MAX, SKEW, DAMP] = [36, 1, 26, 38, 700];
  const end = label.lastIndexOf("-");
  const output = Array.from(end > 0 ? label.slice(0, end) : "");
  let [n, i, bias] = [128, 0, 72];
  for (let at = end > 0 ? end + 1 : 0; at < label.length; ) {
    const start = i;
    for (let weight = 1, k = BASE; ; k += BASE) {
      const digit = parseInt(label[at++], 36);
      if (Number.isNaN(digit)) return null;
      // In Punycode a–z are 0–25 and 0–9 are 26–35, the other way round than in base 36.
      const value = digit < 10 ? digit + 26 : digit - 10;
      i += value * weight;
      const threshold = Math.min(Math.max(k - bias, T_MIN), T_MAX);
      if (value < threshold) break;
      weight *= BASE - threshold;
    }
    const length = output.length + 1;
    let delta = Math.floor((i - start) / (start === 0 ? DAMP : 2));
    delta += Math.floor(delta / length);
    let k = 0;
    for (; delta > ((BASE - T_MIN) * T_MAX) / 2; k += BASE) delta = Math.floor(delta / (BASE - T_MIN));
    bias = k + Math.floor(((BASE - T_MIN + 1) * delta) / (delta + SKEW));
    n += Math.floor(i / length);
    i %= length;
    if (n > 0x10ffff) return null;
    output.splice(i++, 0, String.fromCodePoint(n));
  }
  return output.join("");
}
