import assert from "node:assert/strict";
import { test } from "node:test";
import { checkChannel, REASONS } from "../../kb_build/theme/assets/kb/channel-check.js";
import { TEXTS } from "../../kb_build/theme/assets/kb/channel-check-texts.js";
import { editDistance, hostAsSeen, imitatesLatin, skeleton } from "../../kb_build/theme/assets/kb/look-alikes.js";

const CHANNELS = [
  { kind: "domain", value: "example.com" },
  { kind: "domain", value: "www.example.com" },
  { kind: "domain", value: "help.example.com" },
  { kind: "domain", value: "*.pay.example.com" },
  { kind: "email", value: "support@example.com" },
  { kind: "email_domain", value: "notice.example.com" },
  { kind: "social", platform: "x", value: "example_support" },
  { kind: "social", platform: "wechat", value: "example_support" },
  { kind: "social", platform: "telegram", value: "example_news" },
  { kind: "app", store: "app_store", value: "id0000000001" },
  { kind: "app", store: "google_play", value: "com.example.wallet" },
];
const PHONE = { kind: "phone", value: "+44 20 7946 0000" };

/** Input, verdict, kind, reason. Escapes where a letter is not what it looks like. */
const CASES = [
  // One spelling of a genuine address
  ["https://help.example.com", "listed", "domain", "exact"],
  ["HTTPS://HELP.Example.COM/faq?x=1#y", "listed", "domain", "exact"],
  ["  help.example.com  ", "listed", "domain", "exact"],
  ["//help.example.com/x", "listed", "domain", "exact"],
  ["https:help.example.com", "listed", "domain", "exact"],
  ["ｈｅｌｐ．ｅｘａｍｐｌｅ．ｃｏｍ", "listed", "domain", "exact"],
  ["https：／／help.example.com/a", "listed", "domain", "exact"],
  ["help。example。com", "listed", "domain", "exact"],
  ["hxxps://help[.]example[.]com/login", "listed", "domain", "exact"],
  ["help(dot)example(dot)com", "listed", "domain", "exact"],
  ["help . example . com", "listed", "domain", "exact"],
  ["help. example. com", "listed", "domain", "exact"],
  ["help.exam\u200bple.com", "listed", "domain", "exact"],
  ["help.exam\u00adple.com", "listed", "domain", "exact"],
  ["https://help.example.com:443/", "listed", "domain", "exact"],
  ["https://help.example.com./", "listed", "domain", "exact"],
  ["https://help%2Eexample%2Ecom/", "listed", "domain", "exact"],
  ["请打开help.example.com查看", "listed", "domain", "exact"],
  ["请打开 https://help.example.com。谢谢", "listed", "domain", "exact"],
  ["See help.example.com. Then call me.", "listed", "domain", "exact"],
  ["2026-11-21 14:20 https://help.example.com", "listed", "domain", "exact"],
  ["shop.pay.example.com", "listed", "domain", "wildcard"],
  ["a.b.pay.example.com", "listed", "domain", "wildcard"],
  ["https://evil.test\u2044x.pay.example.com", "not-listed", "domain", "odd-characters"],
  // Tricks with links
  ["https://help.example.com@evil.test", "not-listed", "domain", "userinfo"],
  ["https://help.example.com:443@evil.test/", "not-listed", "domain", "userinfo"],
  ["https://help.example.com%2F@evil.test/", "not-listed", "domain", "userinfo"],
  ["https://@help.example.com", "not-listed", "domain", "userinfo"],
  ["https://help.example.com＠evil.test", "not-listed", "domain", "userinfo"],
  ["https://help.example.com.evil.test", "not-listed", "domain", "subdomain-trick"],
  ["https://login.help.example.com.evil.test/", "not-listed", "domain", "subdomain-trick"],
  ["https://help.example.com\n.evil.test", "not-listed", "domain", "subdomain-trick"],
  ["https://x.help.example.com", "not-listed", "domain", "subdomain"],
  ["https://pay.example.com", "not-listed", "domain", "subdomain"],
  ["https://evilpay.example.com", "not-listed", "domain", "subdomain"],
  ["https://evil.test/help.example.com/", "not-listed", "domain", "path-trick"],
  ["https://evil.test/?u=https%3A%2F%2Fhelp.example.com", "not-listed", "domain", "path-trick"],
  ["https://evil.test/#help.example.com", "not-listed", "domain", "path-trick"],
  ["https://evil.test", "not-listed", "domain", "unknown"],
  ["https://help-example.com", "not-listed", "domain", "resembles"],
  ["helpexample.com", "not-listed", "domain", "resembles"],
  ["help.example.co", "not-listed", "domain", "resembles"],
  ["www.exarnple.com", "not-listed", "domain", "resembles"],
  ["www.examp1e.com", "not-listed", "domain", "resembles"],
  ["exampIe.com", "not-listed", "domain", "resembles"],
  ["www.exmaple.com", "not-listed", "domain", "resembles"],
  ["www.example-support.net", "not-listed", "domain", "resembles"],
  ["https://help.example.com\\@evil.test", "not-listed", "domain", "odd-characters"],
  ["https://help.example.com／.evil.test", "not-listed", "domain", "odd-characters"],
  ["https://help.example.com\u2044x.evil.test", "not-listed", "domain", "odd-characters"],
  ["https://help.example.com%2Fevil.test", "not-listed", "domain", "odd-characters"],
  ["https://help.example.com%00.evil.test", "not-listed", "domain", "odd-characters"],
  ["https://help.example.com\u202Emoc.live", "not-listed", null, "reversed-text"],
  ["https://help.example.com,evil.test", "not-listed", "domain", "unknown"],
  ["help.example.com evil.test", "not-listed", "domain", "unknown"],
  ["[https://help.example.com](https://evil.test)", "not-listed", "domain", "unknown"],
  ['<a href="https://evil.test">https://help.example.com</a>', "not-listed", "domain", "unknown"],
  ["https://help.example.com:8443/", "unclear", "domain", "port"],
  ["https://help.example.com/?next=https://evil.test", "unclear", "domain", "redirect"],
  ["https://help.example.com/?next=%2F%2Fevil.test", "unclear", "domain", "redirect"],
  ["https://help.example.com/?next=https://www.example.com/x", "listed", "domain", "exact"],
  // Letters of other alphabets
  ["https://h\u0435lp.example.com", "not-listed", "domain", "imitating-letters"],
  ["https://help.ex\u0430mple.com", "not-listed", "domain", "imitating-letters"],
  ["https://\u0435\u0445\u0430\u043cpl\u0435.com", "not-listed", "domain", "imitating-letters"],
  ["https://ex\u03b1mple.com", "not-listed", "domain", "imitating-letters"],
  ["https://\u03bf\u03b9.com", "not-listed", "domain", "imitating-letters"],
  ["https://exámple.com", "not-listed", "domain", "imitating-letters"],
  ["https://ex\u0251mple.com", "not-listed", "domain", "imitating-letters"],
  ["https://www.xn--exmple-4nf.com", "not-listed", "domain", "imitating-letters"],
  ["https://例子.com", "not-listed", "domain", "foreign-letters"],
  ["help.example.com。网址", "not-listed", "domain", "foreign-letters"],
  ["help.example.com.网址", "not-listed", "domain", "foreign-letters"],
  // No names, no web
  ["http://192.0.2.1/help.example.com", "not-listed", "domain", "ip-address"],
  ["http://3221225985/", "not-listed", "domain", "ip-address"],
  ["http://0xc0.0.2.1/", "not-listed", "domain", "ip-address"],
  ["http://[2001:db8::1]/", "not-listed", "domain", "ip-address"],
  ["192.0.2.1", "not-listed", "domain", "ip-address"],
  ["javascript:location='https://help.example.com'", "not-listed", "domain", "dangerous-scheme"],
  ["java\nscript:alert(1)", "not-listed", "domain", "dangerous-scheme"],
  ["data:text/html,https://help.example.com", "not-listed", "domain", "dangerous-scheme"],
  ["intent://help.example.com#Intent;end", "not-listed", "domain", "other-scheme"],
  ["ftp://help.example.com/", "not-listed", "domain", "other-scheme"],
  ["https://bit.ly/example", "not-listed", "domain", "shortener"],
  ["t.cn/A6example", "not-listed", "domain", "shortener"],
  // E-mail
  ["support@example.com", "listed", "email", "exact"],
  ["SUPPORT@EXAMPLE.COM.", "listed", "email", "exact"],
  ["support＠example．com", "listed", "email", "exact"],
  ["support @ example.com", "listed", "email", "exact"],
  ["support[at]example[.]com", "listed", "email", "exact"],
  ["客服邮箱：support@example.com", "listed", "email", "exact"],
  ["Support <support@example.com>", "listed", "email", "exact"],
  ["mailto:support@example.com?subject=x", "listed", "email", "exact"],
  ["no-reply@notice.example.com", "listed", "email", "sending-domain"],
  ["Support <a@evil.test>", "not-listed", "email", "display-name"],
  ["support@example.com <a@evil.test>", "not-listed", "email", "display-name"],
  ["evil@evil.test <support@example.com>", "not-listed", "email", "unknown"],
  ["mailto:support@example.com?bcc=a@evil.test", "not-listed", "email", "unknown"],
  ["mailto:support%40evil.test", "not-listed", "email", "unknown"],
  ["support@example.com@evil.test", "not-listed", "email", "userinfo"],
  ["support+vip@example.com", "not-listed", "email", "plus-address"],
  ["admin@example.com", "not-listed", "email", "other-mailbox"],
  ["support@help.example.com", "not-listed", "email", "other-mailbox"],
  ["a@example.com.evil.test", "not-listed", "email", "subdomain-trick"],
  ["a@x.notice.example.com", "not-listed", "email", "subdomain"],
  ["supp\u043ert@example.com", "not-listed", "email", "imitating-letters"],
  ["support@ex\u0430mple.com", "not-listed", "email", "imitating-letters"],
  ["support@examp1e.com", "not-listed", "email", "resembles"],
  ["@example.com", "unclear", "email", "incomplete"],
  // Handles
  ["@example_support", "unclear", "social", "platform-missing"],
  ["example_support", "unclear", "social", "platform-missing"],
  ["X @Example_Support", "listed", "social", "exact"],
  ["＠example_support（推特）", "listed", "social", "exact"],
  ["微信：example_support", "listed", "social", "exact"],
  ["微信公众号 example_support", "listed", "social", "exact"],
  ["Telegram: example_news", "listed", "social", "exact"],
  ["https://t.me/example_news", "listed", "social", "exact"],
  ["https://x.com/example_support/status/1", "listed", "social", "exact"],
  ["https://mobile.twitter.com/example_support", "listed", "social", "exact"],
  ["Telegram @example_support", "not-listed", "social", "other-platform"],
  ["https://t.me/example_support", "not-listed", "social", "other-platform"],
  ["请登录 https://help.example.com ，客服微信：abc_12345，马上处理", "not-listed", "social", "unknown"],
  ["help.example.com 加微信abc12345处理", "not-listed", "social", "unknown"],
  ["help.example.com，QQ: 123456789，谢谢", "not-listed", "social", "unknown"],
  ["X公告：请加Telegram @example_support", "unclear", "social", "platform-missing"],
  ["https://t.me/+AbCdEf", "not-listed", "social", "unknown"],
  ["https://x.com/search?q=@example_support", "not-listed", "social", "unknown"],
  ["https://x.com/evil?u=example_support", "not-listed", "social", "unknown"],
  ["https://x.com.evil.test/example_support", "not-listed", "domain", "unknown"],
  ["@examp1e_support", "not-listed", "social", "resembles"],
  ["@example__support", "not-listed", "social", "resembles"],
  ["@example_support_vip", "not-listed", "social", "resembles"],
  ["@ex\u0430mple_support", "not-listed", "social", "imitating-letters"],
  ["@somebody", "not-listed", "social", "unknown"],
  ["https://help.example.com @evil.test", "not-listed", "social", "unknown"],
  ["tg://resolve?domain=example_news", "not-listed", "domain", "other-scheme"],
  // Phone numbers, where the list has none
  ["+1 (555) 010-0199", "not-listed", "phone", "no-phone"],
  ["tel:+15550100199", "not-listed", "phone", "no-phone"],
  ["4008001234", "not-listed", "phone", "no-phone"],
  ["客服电话：010-12345678", "not-listed", "phone", "no-phone"],
  ["95188", "not-listed", "phone", "no-phone"],
  ["请登录help.example.com或致电 +1 555 010 0199", "not-listed", "phone", "no-phone"],
  // Apps
  ["https://apps.apple.com/cn/app/x/id0000000001", "listed", "app", "exact"],
  ["https://apps.apple.com/cn/app/x/id0000000002", "not-listed", "app", "unknown"],
  ["https://apps.apple.com/cn/developer/x/id0000000001", "not-listed", "app", "unknown"],
  ["https://play.google.com/store/apps/details?id=com.example.wallet", "listed", "app", "exact"],
  ["https://play.google.com/store/apps/details?id=com.evil&id=com.example.wallet", "not-listed", "app", "unknown"],
  ["com.example.wallet", "unclear", "app", "store-missing"],
  ["https://evil.test/com.example.wallet.apk", "not-listed", "domain", "unknown"],
  // Nothing to check
  ["", "empty", null, "empty"],
  [" \u200b\n", "empty", null, "empty"],
  ["hello", "unclear", null, "not-recognised"],
  ["这是真的吗？", "unclear", null, "not-recognised"],
  ["x".repeat(5000), "unclear", null, "too-long"],
];

for (const [text, verdict, kind, reason] of CASES) {
  test(`${JSON.stringify(text.slice(0, 60))} is ${verdict}: ${reason}`, () => {
    const answer = checkChannel(text, CHANNELS);
    assert.deepEqual([answer.verdict, answer.kind, answer.reason], [verdict, kind, reason]);
    assert.equal(answer.matched !== null, verdict === "listed" || ["port", "redirect"].includes(reason) || reason.endsWith("-missing"));
  });
}

test("there are enough tricks", () => assert.ok(CASES.length >= 60));

test("phone numbers are compared by their digits", () => {
  const listed = ["+44 20 7946 0000", "0044 20 7946 0000", "020 7946 0000", "+44 (0)20 7946 0000",
    "＋４４ ２０ ７９４６ ００００", "tel:+442079460000", "\u202D+44 20 7946 0000\u202C", "电话：020-7946-0000"];
  const others = ["+1 20 7946 0000", "+44 20 7946 0001", "+44 20 7946 000", "0086 20 7946 0000"];
  for (const text of listed) assert.equal(checkChannel(text, [...CHANNELS, PHONE]).verdict, "listed", text);
  for (const text of others) assert.equal(checkChannel(text, [...CHANNELS, PHONE]).verdict, "not-listed", text);
});

test("an international domain on the list is recognised in both spellings", () => {
  const list = [{ kind: "domain", value: "例子.example" }];
  assert.equal(checkChannel("https://例子.example/", list).verdict, "listed");
  assert.equal(checkChannel("xn--fsqu00a.example", list).verdict, "listed");
});

test("an empty list lists nothing", () => {
  for (const [text] of CASES) assert.notEqual(checkChannel(text, []).verdict, "listed", text);
});

test("nothing that is put around a foreign host makes it listed", () => {
  const ours = ["https://help.example.com", "help.example.com", "support@example.com", "@example_support", "*.pay.example.com", "X"];
  const joints = ["", " ", "\n", "@", "/", "\\", ".", "?", "#", "&", ":", "%40", "%2F", "。", "／", "：", "，", "-", "_", "'", '"', "<", "(", "\t", "\u200b", "\u2044"];
  for (const before of ours) {
    for (const joint of joints) {
      for (const host of ["evil.test", "https://evil.test", "a@evil.test"]) {
        // Behind / ? # a name is only a path of ours; there a whole link must not pass either.
        const isPath = ["/", "?", "#"].includes(joint) && !host.startsWith("https:");
        for (const text of isPath ? [host + joint + before] : [before + joint + host, host + joint + before]) {
          assert.notEqual(checkChannel(text, CHANNELS).verdict, "listed", JSON.stringify(text));
        }
      }
    }
  }
});

test("whatever is pasted, an answer comes at once and is one of the known ones", () => {
  const pieces = ["@", ".", "help", "example", "com", "。", " ", "：", "微信", "+", "86", "13800138000", "<", ">", "https://", "x", "\u200b", "%", "[", "]", "xn--", "a".repeat(200), "\u0430"];
  let seed = 7;
  const next = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
  const start = performance.now();
  for (let round = 0; round < 2000; round++) {
    const text = Array.from({ length: 1 + next(25) }, () => pieces[next(pieces.length)]).join("");
    const { verdict, reason } = checkChannel(text, CHANNELS);
    assert.ok(REASONS[verdict].includes(reason), `${verdict} ${reason} for ${JSON.stringify(text)}`);
  }
  for (const piece of pieces) checkChannel(piece.repeat(4000).slice(0, 4000), CHANNELS);
  assert.ok(performance.now() - start < 5000);
});

test("every reason has words in both languages, and no words are left over", () => {
  const shown = Object.values(REASONS).flat().filter((reason) => !["exact", "wildcard", "empty"].includes(reason)).sort();
  for (const lang of ["zh", "en"]) assert.deepEqual(Object.keys(TEXTS[lang].reasons).sort(), shown, lang);
  assert.deepEqual(Object.keys(TEXTS.zh).sort(), Object.keys(TEXTS.en).sort());
});

test("punycode is decoded as RFC 3492 says", () => {
  assert.equal(hostAsSeen("xn--fsqu00a.xn--0zwm56d"), "例子.测试");
  assert.equal(hostAsSeen("www.xn--mnchen-3ya.de"), "www.münchen.de");
  assert.equal(hostAsSeen("xn--ihqwcrb4cv8a8dqg056pqjye.com"), "他们为什么不说中文.com");
  assert.equal(hostAsSeen("xn--!!.com"), "xn--!!.com");
});

test("look-alikes share a skeleton, honest names do not", () => {
  assert.equal(skeleton("\u0435x\u0430mp1e"), skeleton("example"));
  assert.equal(skeleton("rnodern"), skeleton("modem"));
  assert.notEqual(skeleton("sample"), skeleton("example"));
  assert.ok(imitatesLatin("p\u0430ypal"));
  assert.ok(!imitatesLatin("help.example.com"));
  assert.ok(!imitatesLatin("例子.com"));
});

test("the edit distance counts a swap as one", () => {
  assert.equal(editDistance("example", "exmaple"), 1);
  assert.equal(editDistance("", "abc"), 3);
  assert.equal(editDistance("kitten", "sitting"), 3);
});
