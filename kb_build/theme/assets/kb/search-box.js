/**
 * The search box of home page, dialog, search page and 404 page: an accessible combobox.
 * Turns outcomes of search-core.js into DOM. Everything shown goes through textContent.
 */

import { make } from "./elements.js";
import { createSearch, debounce, findSecret, isBeginning, splitMarks } from "./search-core.js";
import { TEXTS } from "./search-texts.js";
import { secretQuestion, secretWarning } from "./secret-warning.js";
import { handOver, sessionId, takeOver, tell, TO_CONTACT, TO_SEARCH } from "./visit.js";

const PAUSE_MS = 150;
/** "Nothing answers this" is only said when typing rests: half a question has no answer yet. */
const REST_MS = 700;
/** Under this the status stays quiet: flashing "searching" only unsettles. */
const SLOW_MS = 400;
/** How many hits are shown when none of them is surely about the question… */
const PERHAPS = 3;
/** …and when it has only begun: any of them may be where it leads. */
const MAY_BE = 6;
const LIMITS = { page: 20, other: 6 };

let sharedCore = null;

function coreFor(config) {
  sharedCore ??= createSearch({
    endpoint: config.endpoint,
    fallbackUrl: (lang) => new URL(`assets/kb/search.${lang}.json`, rootOf(config)).href,
    session: sessionId(),
  });
  return sharedCore;
}

function rootOf(config) {
  return new URL(config.root.endsWith("/") ? config.root : `${config.root}/`, location.href);
}

export class SearchBox {
  #core;
  #config;
  #texts;
  #element;
  #input;
  #list;
  #status;
  #alert;
  #notice;
  #after;
  #clear;
  #filter;
  #options = [];
  #selected = -1;
  #asked = null;
  #queryId = null;
  #warned = false;
  #later = debounce(() => this.#search(), PAUSE_MS);
  #whenTypingRests = debounce((outcome) => this.#show(outcome), REST_MS);

  constructor(element, config) {
    this.#element = element;
    this.#config = config;
    this.#core = coreFor(config);
    this.#texts = TEXTS[config.lang];
    this.#input = element.querySelector("input");
    this.#list = element.querySelector("[role=listbox]");
    this.#status = element.querySelector("[role=status]");
    this.#alert = element.querySelector("[role=alert]");
    this.#notice = element.querySelector(".kb-search__notice");
    this.#after = element.querySelector(".kb-search__after");
    this.#clear = element.querySelector(".kb-search__clear");
    this.#filter = element.querySelector("select");
    this.#listen();
    if (this.#isPage) this.#input.value ||= takeOver(TO_SEARCH);
    // What was typed while this code was on its way.
    if (this.#input.value && !element.dataset.composing) this.#changed();
  }

  get #isPage() {
    return this.#element.dataset.kbSearch === "page";
  }

  #listen() {
    // An input method fires `input` for each letter of pinyin; only what it commits is searched.
    this.#input.addEventListener("compositionstart", () => this.#later.cancel());
    this.#input.addEventListener("compositionend", () => this.#changed());
    this.#input.addEventListener("input", (event) => {
      if (!event.isComposing) this.#changed();
    });
    this.#input.addEventListener("keydown", (event) => this.#onKey(event));
    this.#element.querySelector("form").addEventListener("submit", () => this.#submit());
    this.#clear.addEventListener("click", () => this.#empty());
    this.#filter?.addEventListener("change", () => this.#search());
    this.#list.addEventListener("pointermove", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.#select(this.#options.indexOf(option));
    });
    addEventListener("online", () => {
      if (this.#isUnavailable) this.#search();
    });
  }

  get #isUnavailable() {
    return this.#element.dataset.state === "unavailable";
  }

  #changed() {
    this.#clear.hidden = this.#input.value === "";
    this.#whenTypingRests.cancel();
    this.#element.dataset.state = "waiting";
    // A secret must be answered at once and an empty box must be empty at once.
    if (this.#input.value.trim() === "" || findSecret(this.#input.value)?.ask === false) {
      this.#later.cancel();
      this.#search();
    } else {
      this.#later();
    }
  }

  #empty() {
    this.#input.value = "";
    this.#warned = false;
    this.#changed();
    this.#input.focus();
  }

  #onKey(event) {
    if (event.isComposing || event.keyCode === 229) return; // the input method's key, not ours
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.#options.length > 0) {
      event.preventDefault();
      const places = this.#options.length + 1; // one place is the input itself
      this.#select(((this.#selected + 1 + step + places) % places) - 1);
      this.#options[this.#selected]?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && this.#selected >= 0) {
      event.preventDefault();
      this.#options[this.#selected].click();
    } else if (event.key === "Escape" && this.#input.value !== "" && !this.#element.closest("dialog")) {
      event.preventDefault();
      this.#empty();
    }
  }

  /** Enter without a selection searches at once and leaves a list of hits where it is. */
  #submit() {
    this.#later.cancel();
    if (this.#input.value.trim() !== this.#asked || this.#isUnavailable) this.#search();
    else this.#whenTypingRests.flush();
  }

  async #search({ sure = false } = {}) {
    const query = this.#input.value;
    this.#asked = query.trim();
    this.#whenTypingRests.cancel();
    this.#element.dataset.state = "waiting";
    const slow = setTimeout(() => this.#say(this.#texts.searching), SLOW_MS);
    const outcome = await this.#core.search(query, {
      lang: this.#config.lang,
      limit: this.#isPage ? LIMITS.page : LIMITS.other,
      category: this.#filter?.value || null,
      sure,
    });
    clearTimeout(slow);
    if (outcome.kind === "stale") return;
    if (isNoAnswer(outcome) && !isBeginning(this.#asked)) this.#whenTypingRests(outcome);
    else this.#show(outcome);
  }

  #show(outcome) {
    this.#reset();
    const texts = this.#texts;
    switch (outcome.kind) {
      case "results":
        this.#showResults(outcome);
        break;
      case "secret":
        this.#showSecret(outcome.secret.kind, outcome.sent);
        break;
      case "suspect":
        this.#showSuspect(outcome.secret.kind);
        break;
      case "refused":
        this.#say(texts.refused);
        break;
      case "unavailable":
        this.#say(texts.unavailable);
        this.#showNotice(texts.unavailableMore);
        break;
      default:
        this.#say("");
    }
    this.#clear.hidden = this.#input.value === "" && !this.#warned;
    this.#element.dataset.state = outcome.kind;
    this.#element.closest("dialog")?.scrollTo(0, 0); // the best hit, not where the last list was left
    const quick = this.#element.parentElement.querySelector("[data-kb-quick]");
    if (quick) quick.hidden = outcome.kind !== "empty";
  }

  /** The warning about a secret stays when typing goes on; only the visitor takes it away. */
  #reset() {
    this.#list.replaceChildren();
    if (!this.#warned) this.#alert.replaceChildren();
    for (const part of [this.#notice, this.#after]) {
      part.replaceChildren();
      part.hidden = true;
    }
    this.#options = [];
    this.#expand(false);
    this.#select(-1);
  }

  #showResults({ hits, urgent, answered, source, queryId }) {
    const texts = this.#texts;
    this.#queryId = queryId;
    const isSure = answered || urgent !== null;
    const isBegun = !isSure && isBeginning(this.#asked);
    const others = hits
      .filter((hit) => hit.article_id !== urgent?.article_id)
      .slice(0, isSure ? hits.length : isBegun ? MAY_BE : PERHAPS);
    this.#options = others.map((hit) => this.#hitOption(hit));
    if (urgent) this.#options.unshift(this.#urgentOption(urgent));
    this.#options.forEach((option, i) => (option.id = `${this.#list.id}-${i}`));
    this.#list.replaceChildren(...this.#options);
    this.#expand(this.#options.length > 0);

    const count = this.#options.length;
    if (isSure) {
      this.#say(source === "fallback" ? texts.foundOffline(count) : texts.found(count));
      show(this.#after, this.#isPage ? [this.#notFound()] : [this.#allLink(), this.#notFound()]);
    } else if (isBegun && count > 0) {
      this.#say(texts.begun);
      show(this.#after, [this.#notFound()]);
    } else {
      this.#say(texts.noDirect);
      this.#showNotice(texts.noDirectMore, count > 0 ? texts.perhaps : "");
      if (count > 0) show(this.#after, [this.#notFound()]);
    }
  }

  /** The way to a person comes before hits that are only perhaps about the question. */
  #showNotice(text, lead = "") {
    show(this.#notice, [
      make("div", { className: "kb-search__help" }, [make("p", { text }), this.#contactLink()]),
      lead ? make("p", { className: "kb-search__lead", text: lead }) : "",
    ]);
  }

  #hitOption(hit) {
    const badges = make("span", { className: "kb-hit__meta" }, [
      this.#config.categories[hit.category] ?? "",
      hit.urgency === "urgent" ? make("span", { className: "kb-badge kb-badge--urgent", text: this.#texts.urgent }) : "",
    ]);
    const parts = splitMarks(hit.excerpt.text || hit.summary, hit.excerpt.marks);
    const excerpt = parts.map(({ text, marked }) => (marked ? make("mark", { text }) : text));
    return this.#option(hit, "kb-hit", [
      make("span", { className: "kb-hit__title", text: hit.title }),
      make("span", { className: "kb-hit__excerpt" }, excerpt),
      badges,
    ]);
  }

  #urgentOption(hit) {
    const texts = this.#texts;
    const steps = hit.actions.slice(0, 3).map((action, i) =>
      make("span", { className: "kb-hit__step", text: `${i + 1}. ${action}` }),
    );
    return this.#option(hit, "kb-hit kb-hit--urgent", [
      make("span", { className: "kb-badge kb-badge--urgent", text: texts.urgent }),
      make("span", { className: "kb-hit__title", text: hit.title }),
      ...(steps.length > 0
        ? [make("span", { className: "kb-hit__now", text: texts.doNow }), ...steps]
        : [make("span", { className: "kb-hit__excerpt", text: hit.summary ?? "" })]),
      make("span", { className: "kb-hit__open", text: texts.open }),
    ]);
  }

  #option({ url, anchor, article_id }, className, children) {
    const link = make("a", { className }, children);
    link.setAttribute("role", "option");
    link.setAttribute("aria-selected", "false");
    link.tabIndex = -1;
    link.href = url + (anchor ? `#${anchor}` : "");
    link.addEventListener("click", () => {
      // A section of this very page would scroll into view behind the dialog.
      if (link.hash && link.pathname === location.pathname) this.#element.closest("dialog")?.close();
      if (!this.#queryId) return; // found on this device: there is no query to tell of
      const rank = this.#options.indexOf(link) + 1;
      tell(this.#config, "hit_opened", { query_id: this.#queryId, article_id, rank });
    });
    return link;
  }

  #showSecret(kind, sent) {
    const texts = this.#texts;
    this.#later.cancel();
    this.#warned = true;
    this.#input.value = "";
    this.#say("");
    this.#alert.replaceChildren(secretWarning(texts, kind, { sent, leak: this.#config.leak }));
    if (!sent) tell(this.#config, "secret_blocked", { kind }); // the server counts what it finds itself
  }

  #showSuspect(kind) {
    const texts = this.#texts;
    this.#say("");
    const go = () => {
      this.#search({ sure: true });
      this.#input.focus();
    };
    const stop = () => {
      this.#reset();
      this.#showSecret(kind, false);
      this.#input.focus();
    };
    this.#alert.replaceChildren(secretQuestion(texts, kind, { go, stop }));
  }

  #contactLink() {
    if (!this.#config.contact) return "";
    const link = make("a", { className: "kb-button", href: this.#config.contact, text: this.#texts.contact });
    link.addEventListener("click", () => handOver(TO_CONTACT, this.#input.value));
    return link;
  }

  /** What somebody says who has read the titles: none of these. */
  #notFound() {
    const button = make("button", { className: "kb-none-fits", type: "button", text: this.#texts.notFound });
    button.addEventListener("click", () => {
      if (this.#queryId) tell(this.#config, "not_found", { query_id: this.#queryId });
      this.#after.replaceChildren();
      this.#after.hidden = true;
      this.#say(this.#texts.notFoundSaid);
      this.#showNotice(this.#texts.noDirectMore);
      this.#notice.querySelector("a")?.focus();
    });
    return button;
  }

  /** The question goes to the search page through this tab's memory, never through the address. */
  #allLink() {
    const link = make("a", { className: "kb-more", href: this.#config.search, text: this.#texts.all });
    link.addEventListener("click", () => handOver(TO_SEARCH, this.#input.value));
    return link;
  }

  #say(text) {
    this.#status.textContent = text;
  }

  #expand(isOpen) {
    this.#list.hidden = !isOpen;
    this.#input.setAttribute("aria-expanded", String(isOpen));
  }

  #select(place) {
    this.#options[this.#selected]?.setAttribute("aria-selected", "false");
    this.#selected = place;
    const option = this.#options[place];
    if (option) {
      option.setAttribute("aria-selected", "true");
      this.#input.setAttribute("aria-activedescendant", option.id);
    } else {
      this.#input.removeAttribute("aria-activedescendant");
    }
  }
}

function isNoAnswer({ kind, answered, urgent }) {
  return kind === "results" && !answered && urgent === null;
}

function show(element, children) {
  element.replaceChildren(...children);
  element.hidden = false;
}
