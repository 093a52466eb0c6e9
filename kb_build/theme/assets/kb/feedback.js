/**
 * The vote on an article: "it helped" is sent at once, "it didn't" asks why first.
 * Once a tab for each article. A comment that holds a secret never leaves the page.
 * Fetched by kb.js when it is about to be needed.
 */

import { findSecret } from "./search-core.js";
import { TEXTS } from "./search-texts.js";
import { secretWarning } from "./secret-warning.js";
import { tell } from "./visit.js";

const VOTED = "kb-voted";

export class Feedback {
  #element;
  #config;
  #form;
  #alert;
  #said;

  constructor(element, config) {
    this.#element = element;
    this.#config = config;
    this.#form = element.querySelector("form");
    this.#alert = element.querySelector("[data-kb-alert]");
    this.#said = element.querySelector("[data-kb-said]");
    this.#form.elements.comment.addEventListener("input", (event) => {
      if (!event.isComposing) this.#guard();
    });
    this.#guard(); // typed before this code arrived, or brought back by the browser
    if (voted().includes(this.#article)) this.#end("yes");
  }

  get #article() {
    return this.#form.elements.article_id.value;
  }

  /** Sends the vote, and tells the visitor what became of it. */
  async send(isHelpful) {
    if (this.#guard()) return;
    const { reason, comment } = this.#form.elements;
    this.#said.textContent = "";
    const answer = await tell(this.#config, "article_rated", {
      article_id: this.#article,
      lang: this.#config.lang,
      helpful: isHelpful,
      ...(!isHelpful && reason.value ? { reason: reason.value } : {}),
      ...(!isHelpful && comment.value.trim() ? { comment: comment.value.trim() } : {}),
    });
    if (answer?.accepted) {
      remember(this.#article);
      this.#end(isHelpful ? "yes" : "no");
    } else if (typeof answer?.secret?.kind === "string") {
      this.#warn(answer.secret.kind, true);
    } else {
      this.#said.textContent = this.#said.dataset.failed;
    }
  }

  /** @returns {boolean} whether the comment held a secret; it is empty now */
  #guard() {
    const secret = findSecret(this.#form.elements.comment.value);
    if (!secret || secret.ask) return false;
    this.#warn(secret.kind, false);
    tell(this.#config, "secret_blocked", { kind: secret.kind });
    return true;
  }

  #warn(kind, sent) {
    this.#form.elements.comment.value = "";
    this.#alert.replaceChildren(secretWarning(TEXTS[this.#config.lang], kind, { sent, leak: this.#config.leak }));
  }

  #end(vote) {
    const hadFocus = this.#form.contains(document.activeElement);
    this.#form.hidden = true;
    this.#said.textContent = this.#said.dataset[vote];
    const next = this.#element.querySelector("[data-kb-next]");
    if (next) next.hidden = vote === "yes";
    if (hadFocus) {
      this.#said.tabIndex = -1;
      this.#said.focus();
    }
  }
}

/** Only numbers of articles are kept, and only in this tab. */
function voted() {
  try {
    return (sessionStorage.getItem(VOTED) ?? "").split(" ");
  } catch {
    return [];
  }
}

function remember(article) {
  try {
    sessionStorage.setItem(VOTED, [...voted(), article].join(" ").trim());
  } catch {
    // Without storage somebody may vote again after coming back.
  }
}
