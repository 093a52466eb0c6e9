import assert from "node:assert/strict";
import { test } from "node:test";
import { analyze, openFallback, searchFallback } from "../../kb_build/theme/assets/kb/fallback.js";

const article = (id, title, questions, summary, more = {}) => ({
  id,
  title,
  questions,
  summary,
  url: `/x/${id}/`,
  short_url: `/a/${id}/`,
  category: "transfers",
  urgency: "general",
  ...more,
});

const INDEX = openFallback({
  version: 1,
  lang: "zh",
  variants: { 轉: "转", 帳: "账", 選: "选", 錯: "错" },
  articles: [
    article("KB-0019", "转账显示成功但没到账怎么办？", ["提币没到账"], "先查TxID的状态。"),
    article("KB-0023", "转账选错网络了，币能找回来吗？", ["充错网络怎么办"], "看收款地址由谁控制。"),
    article("KB-0026", "提示矿工费不足（gas不够）怎么办？", ["gas不够"], "充值少量原生币。"),
    article("KB-0038", "钱包里的币被盗转了，第一时间怎么办？", ["币被盗了"], "先救剩下的币。", {
      urgency: "urgent",
      category: "security",
      actions: ["建新钱包。"],
    }),
  ],
});

const first = (query, options) => searchFallback(INDEX, query, options).hits[0]?.article_id;

test("Han text gives characters and pairs, Latin words stay whole", () => {
  assert.deepEqual(analyze("提币TxID 2FA"), ["提", "币", "提币", "txid", "2fa"]);
});

test("full-width letters and Traditional characters are the same words", () => {
  assert.deepEqual(analyze("ＧＡＳ"), ["gas"]);
  assert.deepEqual(analyze("轉帳", { 轉: "转", 帳: "账" }), analyze("转账"));
});

test("an unknown leading word does not lose the right article", () => {
  assert.equal(first("苹果手机提币没到账"), "KB-0019");
});

test("Traditional spelling finds the article", () => {
  assert.equal(first("轉帳選錯網路"), "KB-0023");
});

test("an unfinished Latin word finds the article", () => {
  assert.equal(first("txi"), "KB-0019");
  assert.equal(first("ga"), undefined);
});

test("a question about something else is not answered", () => {
  assert.equal(searchFallback(INDEX, "今晚吃什么").answered, false);
  assert.deepEqual(searchFallback(INDEX, "？！").hits, []);
});

test("a category limits the hits", () => {
  assert.equal(first("币", { category: "security" }), "KB-0038");
});

test("hits have the shape of the endpoint's and mark the words found", () => {
  const { answered, hits } = searchFallback(INDEX, "TxID 提币没到账");
  assert.equal(answered, true);
  assert.equal(hits[0].rank, 1);
  assert.ok(hits[0].score > 0 && hits[0].score <= 1);
  assert.equal(hits[0].questions, undefined);
  assert.deepEqual(hits[0].excerpt, { text: "先查TxID的状态。", marks: [[2, 6]] });
});

test("a further phrasing finds its article and is not shown", () => {
  const index = openFallback({
    version: 1,
    lang: "zh",
    articles: [
      article("KB-0019", "转账显示成功但没到账怎么办？", [], "先查状态。", { phrasings: ["钱卡半路了"] }),
      article("KB-0026", "提示矿工费不足怎么办？", [], "充值少量原生币。"),
    ],
  });
  const [hit] = searchFallback(index, "卡在半路").hits;
  assert.equal(hit.article_id, "KB-0019");
  assert.equal(hit.phrasings, undefined);
});

test("the article that says it more often comes first, though no score is above 1", () => {
  const once = article("KB-0001", "提币", [], "");
  const often = article("KB-0002", "提币", ["提币", "提币"], "提币");
  const { hits } = searchFallback(openFallback({ version: 1, lang: "zh", articles: [once, often] }), "提币");
  assert.deepEqual(hits.map((hit) => [hit.article_id, hit.score]), [["KB-0002", 1], ["KB-0001", 1]]);
});

test("an index of another version is refused", () => {
  assert.throws(() => openFallback({ version: 2, articles: [] }), TypeError);
  assert.throws(() => openFallback(null), TypeError);
});
