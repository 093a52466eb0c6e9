import assert from "node:assert/strict";
import { test } from "node:test";

import { show, shownOf } from "../../kb_build/theme/assets/kb/notice.js";

const NOTICE = { zh: "提币暂停", en: "Withdrawals are paused", level: "incident", until_s: null };

test("a notice is shown in the language of the page", () => {
  assert.deepEqual(shownOf(NOTICE, "zh", 0), { text: "提币暂停", level: "incident" });
  assert.equal(shownOf(NOTICE, "en", 0).text, "Withdrawals are paused");
  assert.equal(shownOf(null, "zh", 0), null);
});

test("a notice goes when its time is over", () => {
  const ends = { ...NOTICE, until_s: 100 };
  assert.notEqual(shownOf(ends, "zh", 99_999), null);
  assert.equal(shownOf(ends, "zh", 100_000), null);
});

/** As much of an element as is needed; counts how often its text is set. */
function bar() {
  let content = "";
  const text = {
    writes: 0,
    get textContent() {
      return content;
    },
    set textContent(value) {
      content = value;
      this.writes += 1;
    },
  };
  return { text, hidden: true, dataset: {}, querySelector: () => text };
}

test("the same notice is written once, so that it is read out once", () => {
  const element = bar();
  for (let times = 0; times < 3; times += 1) show(element, { text: "x", level: "info" });
  assert.equal(element.text.writes, 1);
  assert.equal(element.hidden, false);
  assert.equal(element.dataset.level, "info");
  show(element, null);
  assert.equal(element.hidden, true);
});
