import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { looksLikeSecret } from "../../kb_build/theme/assets/kb/secret-check.js";

// Public test vectors of BIP-39; they guard nothing.
const TWELVE = "legal winner thank year wave sausage worth useful legal winner thank yellow";
const TWENTY_FOUR =
  "letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor " +
  "acoustic avoid letter advice cage absurd amount doctor acoustic bless";
const HAN_TWELVE = "枪 疫 霉 尝 俩 闹 饿 贤 枪 疫 霉 卿";

const BLOCKED = {
  "twelve words": TWELVE,
  "twenty-four words": TWENTY_FOUR,
  "words in capitals": TWELVE.toUpperCase(),
  "full-width letters": TWELVE.replace(/[a-z]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)),
  "numbered words": TWELVE.split(" ").map((word, i) => `${i + 1}. ${word}`).join("\n"),
  "words set apart by commas": TWELVE.replaceAll(" ", ","),
  "words after a question": `我的助记词是 ${TWELVE} 怎么恢复`,
  "one mistyped word": TWELVE.replace("sausage", "sausge"),
  "Han characters set apart": HAN_TWELVE,
  "Han characters after a question": `助记词:${HAN_TWELVE}`,
  "an extended key":
    "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi",
  "a WIF key": "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
  "a compressed WIF key": "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn",
  "a keystore file": '{"version":3,"crypto":{"ciphertext":"ab","kdfparams":{}}}',
};

for (const [name, text] of Object.entries(BLOCKED)) {
  test(`${name} never leaves the page`, () => {
    assert.equal(looksLikeSecret(text)?.certain, true);
  });
}

test("64 hex digits are asked about: they may be a transaction hash", () => {
  for (const hash of ["a1".repeat(32), `0x${"0f".repeat(32)}`, `查一下 ${"C3".repeat(32)} 到了没`]) {
    assert.deepEqual(looksLikeSecret(hash), { kind: "private_key", certain: false });
  }
});

test("a phrase typed word by word is held back after five words", () => {
  const words = TWELVE.split(" ");
  assert.equal(looksLikeSecret(words.slice(0, 5).join(" ")), null);
  for (let count = 6; count < 11; count += 1) {
    assert.equal(looksLikeSecret(words.slice(0, count).join(" "))?.certain, false);
  }
});

test("ordinary questions are let through", () => {
  for (const question of [
    "转账选错网络了，币能找回来吗？",
    "助记词丢了怎么办",
    "怎 么 办",
    "我 的 币",
    "i sent usdt to my wallet on the wrong network what can i do now please help me get it back",
    "cannot withdraw usdt bank card frozen seller says wait please help money gone",
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "TXYZopYRdj2D9XRtbG411XZZ3kM5VkAeBf",
    "zhuanzhang xuan cuo wangluo le zenme ban a qing bang bang wo",
  ]) {
    assert.equal(looksLikeSecret(question), null, question);
  }
});

test("nothing that the library says or is asked is taken for a secret", () => {
  for (const lang of ["zh", "en"]) {
    let index;
    try {
      index = JSON.parse(readFileSync(`build/site/assets/kb/search.${lang}.json`, "utf8"));
    } catch {
      return; // no site has been built here; CI builds one first
    }
    for (const { title, summary, questions, actions = [] } of index.articles) {
      for (const asked of [title, ...questions]) assert.equal(looksLikeSecret(asked), null, asked);
      for (const said of [summary, ...actions]) {
        assert.notEqual(looksLikeSecret(said)?.certain, true, said);
      }
    }
  }
});
