/**
 * Tells whether a text holds a recovery phrase or a key, before it leaves the page.
 *
 * The rules, limits and test vectors (tests/secret_vectors.json) are those of the Python package
 * search_index.secret_rules; the server looks again with more word lists. Knows nothing of the
 * page and of what is done about a find.
 */

import { SIMPLIFIED, TRADITIONAL } from "./secret-guard-han.js";
import { NOT_MISTYPED, WORDS } from "./secret-guard-words.js";

/**
 * @typedef {"recovery_phrase"|"private_key"|"extended_key"|"keystore"|"totp_secret"} Kind
 */

/**
 * @param {string} text
 * @returns {{kind: Kind, ask: boolean}|null} `ask` true: it may be harmless (64 hex digits are a
 *   key or a transaction hash, a few phrase words may be the beginning of a phrase), so ask
 *   before sending; false: never send it.
 */
export function findSecret(text) {
  for (const part of partsToLookAt(text)) {
    const found = findIn(fold(part, "")) ?? (INVISIBLE.test(part) ? findIn(fold(part, " ")) : null);
    if (found) return found;
  }
  return null;
}

function findIn(text) {
  const kind = keyKind(text) ?? (hasPhrase(text) || hasHanPhrase(text) ? "recovery_phrase" : null);
  if (kind) return { kind, ask: false };
  if (hasUnexplainedKey(text)) return { kind: "private_key", ask: true };
  if (hasPhrasePart(text)) return { kind: "recovery_phrase", ask: true };
  return null;
}

// ---- One spelling ---------------------------------------------------------------------------

const LONGEST_LOOKED_AT = 8000;
const INVISIBLE = /[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/;
const ALL_INVISIBLE = new RegExp(INVISIBLE, "g");
const ACCENTS = /[\u0300-\u036f\u20e3\ufe00-\ufe0f]/g;

function partsToLookAt(text) {
  if (text.length <= LONGEST_LOOKED_AT) return [text];
  const half = LONGEST_LOOKED_AT / 2;
  return [text.slice(0, half), text.slice(-half)];
}

function fold(text, invisible) {
  const plain = text.replace(ALL_INVISIBLE, invisible);
  return plain.normalize("NFKD").replace(ACCENTS, "").normalize("NFKC").replaceAll("ı", "i");
}

// ---- Keys -----------------------------------------------------------------------------------

const B58 = "[1-9A-HJ-NP-Za-km-z]";
const BEGIN = "(?<![0-9A-Za-z])";
const END = "(?![0-9A-Za-z])";

const EXTENDED = new RegExp(`${BEGIN}[xyztuvXYZTUV]prv${B58}{60,}`);
const BY_SHAPE = new RegExp(
  // WIF: uncompressed begins with 5 (9 on test nets), compressed with K or L (c on test nets).
  `${BEGIN}(?:5[HJK]${B58}{49}|9[1-3]${B58}{49}|(?:K[w-z]|L[1-5]|c[M-V])${B58}{50}` +
    // BIP-38, Tezos, EOS
    `|6P${B58}{56}|edsk${B58}{50}(?:${B58}{44})?|PVT_[KR]1_${B58}{48,52}` +
    // Stellar, Nostr, Sui, Cardano, age
    `|S[A-D][A-Z2-7]{54}|nsec1[a-z0-9]{58}|suiprivkey1[a-z0-9]{58,64}` +
    `|(?:ed25519e?|root|acct|addr|stake)_x?sk1[a-z0-9]{58,}|AGE-SECRET-KEY-1[A-Z0-9]{58})${END}`,
);
const PEM = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/;
const AFTER_LABEL = new RegExp(
  `(?:私[钥鑰]|密[钥鑰]|[Pp][Rr][Ii][Vv][Aa][Tt][Ee].?[Kk][Ee][Yy]|[Ss][Ee][Cc][Rr][Ee][Tt].?[Kk][Ee][Yy])` +
    `\\s*(?:[:：=是为為]|[Ii][Ss])?\\s*["'“「(（]*` +
    `(?:${B58}{43,44}|[A-Za-z0-9+/]{43}=|(?:0[xX])?[0-9a-fA-F]{60,68}|[0-9A-Za-z]{64})${END}`,
);
const SOLANA = new RegExp(`${BEGIN}${B58}{86,88}${END}`, "g");
const BYTES = /\[\s*(?:\d{1,3}\s*,\s*){31,}\d{1,3}\s*,?\s*\]?/g;
const HEX = /(?<![0-9a-z])(?:0x)?[0-9a-f]{2,}(?:[ \n:-][0-9a-f]{2,})*(?![0-9a-z])/gi;
const KEYSTORE_FIELD = /["'“”\\]?(ciphertext|cipherparams|kdfparams|kdf|mac|crypto)["'“”\\]{0,2}\s*[:=]/g;
const OTPAUTH = /otpauth(?:-migration)?:\/\/\S*?(?:secret|data)=[^\s&]{8,}/i;
const BASE32 = new RegExp(
  `${BEGIN}(?:[A-Z2-7]{16,128}={0,6}|[a-z2-7]{16,128}` +
    `|(?:[a-z2-7]{4}[ -]){3,31}[a-z2-7]{1,4}|(?:[A-Z2-7]{4}[ -]){3,31}[A-Z2-7]{1,4})${END}`,
  "g",
);
const TOTP_CUE = new RegExp(
  "2fa|totp|\\botp\\b|authenticator|authy|google.?auth|setup key|secret key" +
    "|谷歌.{0,3}验证|[验驗][证證]器|身份[验驗][证證]|[两兩二]步[验驗][证證]|[双雙]重[验驗][证證]" +
    "|二次[验驗][证證]|[动動][态態](?:码|碼|口令|密码|密碼)|密[钥鑰]|金鑰|绑定码",
  "g",
);
const KEY_CUE = new RegExp(
  "私[钥鑰匙]|密[钥鑰]|金鑰|明文|priv(?:ate)?.?key|secret|\\bsk\\b|keystore|\\bseed\\b|\\bimport" +
    "|导入|導入|匯入",
  "g",
);
const HASH_CUE = new RegExp(
  "哈希|雜湊|散列|交易|[转轉][账賬帐帳]|区块|區塊|链上|鏈上|到[账賬帐帳]|提[现現币幣]|充[值币幣]|汇款|匯款" +
    "|单号|單號|流水|记录|紀錄|签名|簽名|公[钥鑰]|合约|合約|\\bhash|\\btx|transaction|\\bblock|transfer" +
    "|deposit|withdraw|explorer|receipt|signature|public.?key|contract|\\bpaid\\b|\\bsent\\b",
  "g",
);
const HASH_URL = /\/(?:tx|transaction|block|hash)s?\/(?:0x)?$|[?&](?:tx|hash|txid)=$/;
const NEAR_BEFORE = 80;
const NEAR_AFTER = 60;
/** What follows explains less often than what precedes: `KEY my transfer failed`. */
const AFTERTHOUGHT = 10;

function keyKind(text) {
  if (text.length < 16) return null;
  const lower = text.toLowerCase();
  if (EXTENDED.test(text)) return "extended_key";
  if (PEM.test(text) || BY_SHAPE.test(text) || AFTER_LABEL.test(text)) return "private_key";
  if (isKeystore(lower)) return "keystore";
  if (hasTotpSecret(text, lower)) return "totp_secret";
  if (hasByteArray(text)) return "private_key";
  return hexPlaces(text).some(([start, end]) => meaning(lower, start, end) === "key") ? "private_key" : null;
}

/** 64 hex digits, or 64 bytes in base58 (a Solana key or signature), that nothing explains. */
function hasUnexplainedKey(text) {
  const lower = text.toLowerCase();
  const solana = [...text.matchAll(SOLANA)].map((match) => [match.index, match.index + match[0].length]);
  return [...hexPlaces(text), ...solana].some(([start, end]) => meaning(lower, start, end) !== "hash");
}

function hexPlaces(text) {
  const places = [];
  for (const match of text.matchAll(HEX)) {
    if (isKeyLong(match[0])) places.push([match.index, match.index + match[0].length]);
    else if (match[0].length > 64) {
      for (const part of match[0].matchAll(/[^ \n:-]+/g)) {
        const start = match.index + part.index;
        if (isKeyLong(part[0])) places.push([start, start + part[0].length]);
      }
    }
  }
  return places;
}

function isKeyLong(hex) {
  const digits = hex.replace(/^0x|[ \n:-]/gi, "").length;
  return digits === 64 || digits === 128;
}

/** What the context word nearest to `lower[start:end]` calls it. */
function meaning(lower, start, end) {
  const before = lower.slice(Math.max(0, start - NEAR_BEFORE), start);
  const after = lower.slice(end, end + NEAR_AFTER);
  if (HASH_URL.test(before)) return "hash";
  const key = distance(KEY_CUE, before, after);
  const other = distance(HASH_CUE, before, after);
  if (key === other) return "unknown";
  return key < other ? "key" : "hash";
}

function distance(cue, before, after) {
  return Math.min(
    NEAR_BEFORE + NEAR_AFTER,
    ...[...before.matchAll(cue)].map((match) => before.length - match.index - match[0].length),
    ...[...after.matchAll(cue)].map((match) => match.index + AFTERTHOUGHT),
  );
}

function isKeystore(lower) {
  if (!lower.includes("cipher") && !lower.includes("kdf")) return false;
  return new Set([...lower.matchAll(KEYSTORE_FIELD)].map((match) => match[1])).size >= 2;
}

function hasTotpSecret(text, lower) {
  if (OTPAUTH.test(text)) return true;
  const cues = [...lower.matchAll(TOTP_CUE)].map((match) => [match.index, match.index + match[0].length]);
  if (cues.length === 0) return false;
  return [...text.matchAll(BASE32)].some((match) => {
    const letters = match[0].replace(/[ =-]/g, "").toUpperCase();
    const end = match.index + match[0].length;
    return (
      letters.length >= 16 &&
      looksRandom(letters) &&
      cues.some(([from, to]) => match.index < to + NEAR_BEFORE && end > from - NEAR_AFTER)
    );
  });
}

/** Base32 text has digits, or at least few vowels; words have neither. */
function looksRandom(upper) {
  if (/^\d+$/.test(upper)) return false;
  return /\d/.test(upper) || upper.match(/[AEIOU]|$/g).length - 1 <= 0.25 * upper.length;
}

function hasByteArray(text) {
  return [...text.matchAll(BYTES)].some((match) => {
    const numbers = match[0].match(/\d+/g).map(Number);
    const highest = Math.max(...numbers);
    return (numbers.length === 32 || numbers.length === 64) && highest <= 255 && highest > 64;
  });
}

// ---- Phrases in English words ---------------------------------------------------------------

/** Word to list position; and the words that are ordinary English. */
const [POSITIONS, ORDINARY] = decode(WORDS);
const LIST = [...POSITIONS.keys()];
const PREFIXES = new Set(LIST.map((word) => word.slice(0, 4)));
for (const word of NOT_MISTYPED.split(" ")) ORDINARY.add(word);

const PHRASE_CUE = new RegExp(
  "助记[词詞码碼]|助記[词詞碼]|注记词|註記詞|恢复(?:短语|词|码)|恢復(?:短語|詞|碼)" +
    "|种子(?:词|短语|码)|種子(?:詞|短語|碼)|备份(?:词|短语)|備份(?:詞|短語)|单词|單詞" +
    "|seed\\b|mnemonic|phrase\\b|srp\\b" +
    "|(?:recovery|secret|backup|security|wallet|12|24|twelve)[- ]word" +
    "|frase (?:semilla|de recuper)|시드|복구|니모닉|リカバリ|シード",
  "g",
);
const TOKEN = /[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g;
const ANY_LETTERS = /\p{L}{9}/u;
const LONGEST_GAP = 24;
const JOINED = /(?<![a-z])[a-z]{33,200}(?![a-z])/g;
const ORDINALS = new Set(
  ("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth " +
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth one two three " +
    "four five six seven eight nine ten eleven twelve st nd rd th").split(" "),
);
const LABEL_TIMES = 8;
const LONGEST_LABELLED = 200;
const TYPO_TRIES = 40;
const WINDOW = 12;
const ENOUGH_HITS = 11;
const LEAST_HITS = 9;
const SHORTEST = 6;
const CUE_WORDS = new Set(["seed", "phrase", "word", "secret"]);

function decode(coded) {
  const positions = new Map();
  const ordinary = new Set();
  let word = "";
  for (const [, shared, rest] of coded.matchAll(/(\d)([A-Za-z]+)/g)) {
    word = word.slice(0, Number(shared)) + rest.toLowerCase();
    positions.set(word, positions.size);
    if (rest[0] < "a") ordinary.add(word);
  }
  return [positions, ordinary];
}

function hasPhrase(text) {
  const lower = text.toLowerCase();
  const cued = lower.search(PHRASE_CUE) >= 0;
  for (const tokens of readings(text, lower)) {
    for (const row of rows(tokens, lower)) {
      if (hasCertainRun(row) || (cued && shortRuns(row).some(isCuedRun))) return true;
    }
  }
  return false;
}

function hasPhrasePart(text) {
  const tokens = tokensOf(text);
  const isPart = (run) => run.rare >= 3 && run.words >= 0.6 * tokens.length;
  if (rows(tokens, text.toLowerCase()).some((row) => shortRuns(row).some(isPart))) return true;
  const han = hanText(text);
  return han.runs.length >= PART_LEAST && hasSeparated(han, PART_LEAST, APART_IN_PART);
}

function tokensOf(text) {
  return [...text.matchAll(TOKEN)].map((match) => ({
    word: match[0].toLowerCase(),
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** The words of the text; again without labels such as `word 1:`; and joined words split. */
function readings(text, lower) {
  const tokens = tokensOf(text);
  const found = [tokens];
  if (tokens.length >= 2 * LABEL_TIMES && tokens.length < LONGEST_LABELLED) {
    const counts = new Map();
    for (const { word } of tokens) counts.set(word, (counts.get(word) ?? 0) + 1);
    const often = [...counts].filter(([, n]) => n >= LABEL_TIMES).sort((a, b) => b[1] - a[1]);
    const labels = new Set(often.slice(0, 3).map(([word]) => word));
    const ordinals = [...ORDINALS].reduce((sum, word) => sum + (counts.get(word) ?? 0), 0);
    if (ordinals >= LABEL_TIMES) for (const word of ORDINALS) labels.add(word);
    if (labels.size > 0) found.push(tokens.filter(({ word }) => !labels.has(word)));
  }
  for (const match of lower.matchAll(JOINED)) found.push(splitJoined(match[0], match.index));
  return found;
}

function splitJoined(letters, offset) {
  const begin = [0];
  for (let end = 1; end <= letters.length; end += 1) {
    for (let start = Math.max(0, end - 8); start <= end - 3 && begin[end] === undefined; start += 1) {
      if (begin[start] !== undefined && POSITIONS.has(letters.slice(start, end))) begin[end] = start;
    }
  }
  const tokens = [];
  for (let end = letters.length; end > 0 && begin[end] !== undefined; end = begin[end]) {
    const start = begin[end];
    tokens.unshift({ word: letters.slice(start, end), start: offset + start, end: offset + end });
  }
  return tokens;
}

/**
 * Tokens in a row with whether each is a list word; and the same for the first four letters of
 * list words, as stamped into steel plates. A long gap or other letters between two end a row.
 */
function rows(tokens, lower) {
  const isWord = (word) => POSITIONS.has(word);
  const isPrefix = (word) => POSITIONS.has(word) || PREFIXES.has(word);
  const found = [];
  for (const isHit of [isWord, isPrefix]) {
    let row = [];
    for (const token of tokens) {
      if (row.length > 0 && isFarApart(lower.slice(row.at(-1).end, token.start))) {
        found.push(row);
        row = [];
      }
      row.push({ ...token, hit: isHit(token.word), whole: isHit === isWord });
    }
    found.push(row);
  }
  return found.filter((row) => row.filter(({ hit }) => hit).length >= SHORTEST);
}

function isFarApart(gap) {
  return gap.length > 1 && (gap.length > LONGEST_GAP || ANY_LETTERS.test(gap));
}

/** A run that needs no label: 11 of 12 in a row, three of them rare. */
function hasCertainRun(row) {
  let tries = TYPO_TRIES;
  for (let first = 0; first <= row.length - (WINDOW - 1); first += 1) {
    const last = Math.min(first + WINDOW, row.length);
    const window = row.slice(first, last);
    let hits = window.filter(({ hit }) => hit).length;
    if (hits < LEAST_HITS) continue;
    for (const { word, hit } of window) {
      if (!hit && hits < ENOUGH_HITS && tries > 0) {
        tries -= 1;
        hits += Number(isMistyped(word, row[0].whole));
      }
    }
    if (hits < ENOUGH_HITS) continue;
    const run = extended(row, first, last);
    if (run.rare >= 3 && run.different >= 8) return true;
    if (run.rare >= 2 && row.length <= run.words + 1) return true;
    for (const length of PHRASE_LENGTHS) {
      if (row[0].whole && holdsChecksum(row.slice(first, first + length), run)) return true;
    }
  }
  return false;
}

/** Whether `part` is a whole phrase, and is all of `run` or has a rare word. */
function holdsChecksum(part, run) {
  const words = part.filter(({ hit }) => hit).map(({ word }) => word);
  if (words.length < run.words && words.every((word) => ORDINARY.has(word))) return false;
  return checksumHolds(words.map((word) => POSITIONS.get(word)));
}

/** The run that holds `row[first..last]`; single words on no list do not end it. */
function extended(row, first, last) {
  while (!row[first].hit) first += 1;
  while (!row[last - 1].hit) last -= 1;
  while (first > 0 && row[first - 1].hit) first -= 1;
  while (last < row.length && (row[last].hit || row[last + 1]?.hit)) last += 1;
  return summary(row.slice(first, last));
}

function summary(part) {
  const list = part.filter(({ hit }) => hit).map(({ word }) => word);
  const different = new Set(list);
  const rare = [...different].filter((word) => !ORDINARY.has(word)).length;
  return { words: list.length, different: different.size, rare };
}

/** The runs of six list words or more, words such as "seed" aside. */
function shortRuns(row) {
  const runs = [];
  let first = 0;
  for (let last = 0; last <= row.length; last += 1) {
    if (row[last]?.hit && !CUE_WORDS.has(row[last].word)) continue;
    if (last - first >= SHORTEST) runs.push(summary(row.slice(first, last)));
    first = last + 1;
  }
  return runs;
}

/** Enough beside a word such as "recovery phrase". */
function isCuedRun(run) {
  return run.rare >= 2 && run.different >= 5;
}

function isMistyped(word, whole) {
  if (word.length < 3 || word.length > 14 || ORDINARY.has(word)) return false;
  return LIST.some((known) => isOneSlip(word, whole ? known : known.slice(0, 4)));
}

/** Whether one letter more, less or other, or two swapped neighbours, make `a` into `b`. */
function isOneSlip(a, b) {
  if (Math.abs(a.length - b.length) > 1) return false;
  let i = 0;
  while (i < a.length && a[i] === b[i]) i += 1;
  if (a.length < b.length) return a.slice(i) === b.slice(i + 1);
  if (a.length > b.length) return a.slice(i + 1) === b.slice(i);
  if (a.slice(i + 1) === b.slice(i + 1)) return true;
  return a[i] === b[i + 1] && a[i + 1] === b[i] && a.slice(i + 2) === b.slice(i + 2);
}

// ---- Phrases in single Han characters -------------------------------------------------------

const HAN_POSITIONS = hanPositions();
const HAN_RUN = /[\u3400-\u9fff]+/g;
const COUNTING = "一二三四五六七八九十";
const LABEL = new RegExp(
  `第\\s*(?:[${COUNTING}]+|\\d+)\\s*[个個]?\\s*(?:[单單][词詞]|助[记記][词詞]|[词詞字])?\\s*[是为為:：]?` +
    `|(?:[单單助][记記]?)?[词詞字]\\s*(?:\\d+|[${COUNTING}]+)\\s*[是为為:：]?` +
    `|(?<![\\u3400-\\u9fff])[${COUNTING}]+[、.:：)）]`,
  "g",
);
const GLUE = /[是为為的就如下有在个個这這\s:：]*/y;
const PHRASE_LENGTHS = new Set([12, 15, 18, 21, 24]);
const SEPARATED_LEAST = 10;
const PART_LEAST = 6;
const LONGEST_HAN_GAP = 12;
const LONGEST_PHRASE = 24;
const LEAST_DIFFERENT = 0.6;
const CUE_REACH = 12;

// As in search_index/secret_rules/han.py. The table of common pairs is left to the server, so
// characters without separators need a checksum here, or words that announce a phrase.
const BY_POSITION = [[32, -2.7], [128, -1.5], [256, -0.9], [512, -0.3], [1024, 0.5], [2048, 1.8]];
const UNLISTED = -4.0;
const APART = -4.0;
const APART_IN_PART = -2.0;
/** Of 13,117 clauses of 12 characters 4 have more and a checksum, of random phrases 98%. */
const ALONE_WITH_CHECKSUM = 1.0;
const GROUPED_WITH_CHECKSUM = 3.0;
const ALONE_WITH_CUE = 4.0;

function hanPositions() {
  const table = new Map();
  [...TRADITIONAL].forEach((character, i) => table.set(character, i));
  [...SIMPLIFIED].forEach((character, i) => table.set(character, i));
  return table;
}

function hanText(text) {
  const labels = text.match(LABEL) ?? [];
  const plain = labels.length >= PART_LEAST ? text.replace(LABEL, (label) => " ".repeat(label.length)) : text;
  return { text: plain, runs: [...plain.matchAll(HAN_RUN)].map((m) => [m.index, m.index + m[0].length]) };
}

function hasHanPhrase(text) {
  const han = hanText(text);
  if (han.runs.reduce((sum, [start, end]) => sum + end - start, 0) < SEPARATED_LEAST) return false;
  return (
    hasSeparated(han, SEPARATED_LEAST, APART) ||
    hasGrouped(han, /^[^\S\n]+$/) ||
    hasGrouped(han, /^\s+$/) ||
    hasUnbroken(han)
  );
}

function evidence(characters) {
  return [...characters].reduce((sum, character) => {
    const position = HAN_POSITIONS.get(character);
    return sum + (position === undefined ? UNLISTED : BY_POSITION.find(([limit]) => position < limit)[1]);
  }, 0);
}

function hasSeparated({ text, runs }, least, limit) {
  let row = "";
  let before = 0;
  const isOdd = () =>
    row.length >= least && new Set(row).size >= LEAST_DIFFERENT * row.length && evidence(row) > limit;
  for (const [start, end] of runs) {
    const gap = text.slice(before, start);
    if (end - start > 1 || gap.length > LONGEST_HAN_GAP || /[a-z]/i.test(gap)) {
      if (isOdd()) return true;
      row = "";
    }
    if (end - start === 1) row += text[start];
    before = end;
  }
  return isOdd();
}

/** Groups of two to six characters with spaces between. */
function hasGrouped({ text, runs }, space) {
  const small = runs.filter(([start, end]) => end - start >= 2 && end - start <= 6);
  return small.some((_, i) => {
    let characters = "";
    for (let j = i; j < small.length && characters.length <= LONGEST_PHRASE; j += 1) {
      const [start, end] = small[j];
      if (j > i && !space.test(text.slice(small[j - 1][1], start))) return false;
      characters += text.slice(start, end);
      if (j > i && isWholeHanPhrase(characters, GROUPED_WITH_CHECKSUM)) return true;
    }
    return false;
  });
}

function hasUnbroken({ text, runs }) {
  const lower = text.toLowerCase();
  const cues = [...lower.matchAll(PHRASE_CUE)].map((match) => match.index + match[0].length);
  for (const [start, end] of runs) {
    if (end - start < WINDOW) continue;
    const run = text.slice(start, end);
    if (isWholeHanPhrase(run, ALONE_WITH_CHECKSUM)) return true;
    for (const cue of cues) {
      if (cue < start - CUE_REACH || cue >= end) continue;
      GLUE.lastIndex = cue;
      GLUE.test(text);
      const after = text.slice(Math.max(GLUE.lastIndex, start), end);
      for (const length of PHRASE_LENGTHS) {
        const part = after.slice(0, length);
        if (part.length < length) break;
        if (evidence(part) > ALONE_WITH_CUE || isWholeHanPhrase(part, ALONE_WITH_CHECKSUM)) return true;
      }
    }
  }
  return false;
}

function isWholeHanPhrase(characters, limit) {
  if (!PHRASE_LENGTHS.has(characters.length) || evidence(characters) <= limit) return false;
  return checksumHolds([...characters].map((character) => HAN_POSITIONS.get(character)));
}

// ---- Checksum -------------------------------------------------------------------------------

/** Whether list positions make a BIP-39 phrase: its last n/3 bits repeat the SHA-256 of the rest. */
function checksumHolds(positions) {
  if (!PHRASE_LENGTHS.has(positions.length) || positions.includes(undefined)) return false;
  const bits = positions.map((position) => position.toString(2).padStart(11, "0")).join("");
  const checkBits = positions.length / 3;
  const entropy = bits.slice(0, -checkBits).match(/.{8}/g).map((byte) => parseInt(byte, 2));
  return sha256FirstByte(entropy) >> (8 - checkBits) === parseInt(bits.slice(-checkBits), 2);
}

/** The first byte of the SHA-256 of up to 55 bytes (FIPS 180-4, one block). */
function sha256FirstByte(bytes) {
  const block = new Uint8Array(64);
  block.set(bytes);
  block[bytes.length] = 0x80;
  const view = new DataView(block.buffer);
  view.setUint32(60, bytes.length * 8);
  const primes = firstPrimes(64);
  const root = (prime, power) => Math.floor((prime ** power % 1) * 2 ** 32) >>> 0;
  const state = primes.slice(0, 8).map((prime) => root(prime, 1 / 2));
  const turn = (x, n) => (x >>> n) | (x << (32 - n));
  const words = Array.from({ length: 16 }, (_, i) => view.getUint32(4 * i));
  for (let i = 16; i < 64; i += 1) {
    const [x, y] = [words[i - 15], words[i - 2]];
    const s0 = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3);
    const s1 = turn(y, 17) ^ turn(y, 19) ^ (y >>> 10);
    words.push((words[i - 16] + s0 + words[i - 7] + s1) >>> 0);
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i += 1) {
    const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
    const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
    const one = (h + s1 + ((e & f) ^ (~e & g)) + root(primes[i], 1 / 3) + words[i]) >>> 0;
    const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) >>> 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) >>> 0, c, b, a, (one + two) >>> 0];
  }
  return ((state[0] + a) >>> 0) >>> 24;
}

function firstPrimes(count) {
  const primes = [];
  for (let n = 2; primes.length < count; n += 1) {
    if (primes.every((prime) => n % prime)) primes.push(n);
  }
  return primes;
}
