/**
 * Searches the small index that lies on the static site, for when the endpoint is away.
 * Knows no network and no page. Coarser than the endpoint: words and pairs of Han characters.
 */

// Each question and phrasing counts by itself, so a word that returns in many of them weighs more.
// Measured by benchmarks/fallback.mjs.
const FIELD_WEIGHTS = { title: 2, questions: 0.7, phrasings: 0.7, summary: 0.7 };
const SATURATION = 1;
/** A single Han character says little; it only breaks ties and saves one-character queries. */
const UNIGRAM_WEIGHT = 0.25;
const SHORTEST_PREFIX = 3;
const UNFINISHED_WEIGHT = 0.5;
const WORTH_SHOWING = 0.1;
/** Same measurement: of questions that nothing answers one in twenty comes above. */
const DIRECT_ANSWER = { zh: 0.42, en: 0.62 };

/**
 * Splits text into terms: Han characters singly and in pairs, Latin words and numbers whole.
 * @param {string} text
 * @param {Record<string, string>} [variants] Traditional to Simplified characters.
 * @returns {string[]} distinct terms, in order of appearance
 */
export function analyze(text, variants = {}) {
  const plain = text.normalize("NFKC").toLowerCase().replace(/\p{Script=Han}/gu, (c) => variants[c] ?? c);
  const terms = new Set();
  for (const [chunk] of plain.matchAll(/\p{Script=Han}+|[\p{Script=Latin}\p{N}]+/gu)) {
    if (!/\p{Script=Han}/u.test(chunk)) {
      terms.add(chunk);
      continue;
    }
    const characters = [...chunk];
    characters.forEach((character, i) => {
      terms.add(character);
      if (i > 0) terms.add(characters[i - 1] + character);
    });
  }
  return [...terms];
}

/**
 * @param {unknown} data the parsed search.<lang>.json
 * @returns an index for `searchFallback`
 * @throws {TypeError} when the data has another shape
 */
export function openFallback(data) {
  if (data?.version !== 1 || !Array.isArray(data.articles)) {
    throw new TypeError("not a fallback index of version 1");
  }
  const variants = data.variants ?? {};
  const documentFrequency = new Map();
  const articles = data.articles.map((article) => {
    const weights = new Map();
    for (const [field, weight] of Object.entries(FIELD_WEIGHTS)) {
      for (const text of [article[field] ?? []].flat()) {
        for (const term of analyze(text, variants)) {
          weights.set(term, weight + (weights.get(term) ?? 0));
        }
      }
    }
    for (const term of weights.keys()) {
      documentFrequency.set(term, (documentFrequency.get(term) ?? 0) + 1);
    }
    return { ...article, weights };
  });
  return { lang: data.lang, variants, documentFrequency, articles };
}

/**
 * @param {{fallbackUrl: (lang: string) => string, fetch: typeof fetch}} parts
 * @returns {(lang: string) => Promise<object>} gives the index of a language, fetched once
 */
export function createFallback({ fallbackUrl, fetch }) {
  const indexes = new Map();
  return (lang) => {
    if (!indexes.has(lang)) {
      const loading = fetch(fallbackUrl(lang))
        .then((response) => {
          if (!response.ok) throw new Error(`index answered ${response.status}`);
          return response.json();
        })
        .then(openFallback);
      loading.catch(() => indexes.delete(lang)); // the next search tries again
      indexes.set(lang, loading);
    }
    return indexes.get(lang);
  };
}

/**
 * @returns {{answered: boolean, hits: object[]}} hits in the shape of the endpoint's, best first;
 *   scores lie between 0 and 1
 */
export function searchFallback(index, query, { limit = 8, category = null } = {}) {
  const terms = analyze(query, index.variants).map((term) => ({ term, weight: weightOf(index, term) }));
  const total = terms.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return { answered: false, hits: [] };

  const ranked = index.articles
    .filter((article) => category === null || article.category === category)
    .map((article) => ({ article, score: scoreOf(article, terms) / total }))
    .filter(({ score }) => score >= WORTH_SHOWING)
    .sort((a, b) => b.score - a.score)
    .slice(0, limit);
  return {
    answered: (ranked[0]?.score ?? 0) >= DIRECT_ANSWER[index.lang],
    hits: ranked.map(({ article, score }, i) => hitOf(article, i + 1, Math.min(1, score), terms, index.variants)),
  };
}

function weightOf(index, term) {
  const frequency = index.documentFrequency.get(term) ?? 0;
  const rarity = Math.log(1 + (index.articles.length - frequency + 0.5) / (frequency + 0.5));
  return isSingleHan(term) ? rarity * UNIGRAM_WEIGHT : rarity;
}

function isSingleHan(term) {
  return term.length <= 2 && /^\p{Script=Han}$/u.test(term);
}

function scoreOf(article, terms) {
  return terms.reduce((sum, { term, weight }) => {
    const strength = strengthOf(article, term);
    return sum + (weight * strength * (1 + SATURATION)) / (strength + SATURATION);
  }, 0);
}

function strengthOf(article, term) {
  const exact = article.weights.get(term);
  if (exact !== undefined) return exact;
  // The last Latin word is often unfinished while somebody types.
  if (term.length < SHORTEST_PREFIX || /\p{Script=Han}/u.test(term)) return 0;
  const isStarted = [...article.weights.keys()].some((known) => known.startsWith(term));
  return isStarted ? UNFINISHED_WEIGHT : 0;
}

function hitOf(article, rank, score, terms, variants) {
  const { weights, questions, phrasings, actions = [], id, ...facts } = article;
  return {
    ...facts,
    actions,
    rank,
    score,
    article_id: id,
    anchor: "",
    excerpt: { text: article.summary, marks: marksOf(article.summary, terms, variants) },
  };
}

/** Ranges of the terms in the text, in code points; single Han characters are not marked. */
function marksOf(text, terms, variants) {
  const characters = [...text].map((c) => variants[c.toLowerCase()] ?? c.toLowerCase());
  const marks = [];
  for (const { term } of terms) {
    if (isSingleHan(term)) continue;
    const wanted = [...term];
    for (let i = 0; i + wanted.length <= characters.length; i += 1) {
      if (wanted.every((c, j) => characters[i + j] === c)) marks.push([i, i + wanted.length]);
    }
  }
  return marks;
}
