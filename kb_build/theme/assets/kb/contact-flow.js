/**
 * Writing to support, in the page: articles while somebody writes, then a short form, then a number.
 *
 * Turns what contact-core.js says into DOM. The channels and the form are in the page already and
 * stay there: everything here may fail and people can still reach somebody. All that is shown goes
 * through textContent; a secret never leaves the page.
 */

import { fetchArticle } from "./article-in-place.js";
import { createDeflection, createSender, FIELDS, problemsOf, ticketOf } from "./contact-core.js";
import { TEXTS } from "./contact-texts.js";
import { make } from "./elements.js";
import { debounce, findSecret } from "./search-core.js";
import { TEXTS as SEARCH_TEXTS } from "./search-texts.js";
import { secretQuestion, secretWarning } from "./secret-warning.js";
import { routeOf, sessionId, takeOver, tell, TO_CONTACT } from "./visit.js";

const PAUSE_MS = 600;
const SHOWN = { answers: 3, perhaps: 2 };
/** Asked for as long as nobody knows what the case is about. */
const ASKED_AT_FIRST = ["uid", "wallet_address"];
/** Where 64 hex digits are what is asked for. */
const TAKES_HASH = "txid";

class ContactFlow {
  #config;
  #page;
  #texts;
  #section;
  #form;
  #body;
  #found;
  #status;
  #alert;
  #failed;
  #details;
  #choice;
  #done;
  #deflection;
  #sender;
  #finding = null;
  #openedArticle = null;
  #askedForHelp = false;
  #sure = "";
  #later = debounce(() => this.#look(), PAUSE_MS);

  constructor(section, config, page) {
    const part = (name) => section.querySelector(`[data-kb-${name}]`);
    this.#config = config;
    this.#page = page;
    this.#texts = TEXTS[config.lang];
    this.#section = section;
    this.#form = section.querySelector("form");
    this.#body = this.#form.elements.body;
    this.#found = part("found");
    this.#status = part("status");
    this.#alert = part("alert");
    this.#failed = part("failed");
    this.#details = part("details");
    this.#choice = part("choice");
    this.#done = part("done");
    const root = new URL(config.root.endsWith("/") ? config.root : `${config.root}/`, location.href);
    this.#deflection = createDeflection({
      endpoint: routeOf(config, "deflect"),
      fallbackUrl: (lang) => new URL(`assets/kb/search.${lang}.json`, root).href,
      session: sessionId(),
    });
    this.#sender = createSender({ endpoint: routeOf(config, "tickets"), storage: sessionStorageOrNone() });
    this.#form.noValidate = true; // our own messages say what is wanted, with an example
    this.#details.hidden = true;
    this.#ask(ASKED_AT_FIRST);
    this.#fillTime();
    this.#listen();
    this.#body.value ||= takeOver(TO_CONTACT);
    if (this.#body.value.trim()) this.#look();
    tell(config, "contact_opened", { lang: config.lang });
  }

  #listen() {
    // An input method fires `input` for each letter of pinyin; only what it commits is looked at.
    this.#body.addEventListener("compositionstart", () => this.#later.cancel());
    this.#body.addEventListener("compositionend", () => this.#written());
    this.#form.addEventListener("input", (event) => {
      if (event.isComposing) return;
      if (event.target === this.#body) this.#written();
      else this.#guard(event.target);
      this.#clearProblem(event.target.name);
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#section.querySelector("[data-kb-continue]").addEventListener("click", () => this.#stillNeedHelp());
    this.#section.querySelector("[data-kb-solved]").addEventListener("click", () => this.#solved());
  }

  // ---- While somebody writes

  #written() {
    if (this.#guard(this.#body)) return;
    if (this.#body.value.trim() === "") {
      this.#later.cancel();
      this.#show({ kind: "short" });
    } else {
      this.#later();
    }
  }

  async #look() {
    const text = this.#body.value;
    if (this.#finding === null) this.#say(this.#texts.looking);
    this.#show(await this.#deflection.ask(text, { lang: this.#config.lang, sure: this.#sure === text }));
  }

  #show(finding) {
    if (finding.kind === "stale") return;
    if (finding.kind === "secret") return this.#warn(this.#body, finding.secret.kind, finding.sent);
    if (finding.kind === "suspect") return this.#question(finding.secret.kind);
    this.#alert.replaceChildren();
    this.#section.dataset.state = finding.kind;
    this.#finding = finding.kind === "short" ? null : finding;
    const children = this.#finding ? this.#foundParts(finding) : [];
    this.#found.replaceChildren(...children.filter(Boolean));
    this.#found.hidden = children.length === 0;
    this.#found.classList.toggle("kb-write__found--urgent", Boolean(finding.urgent));
    this.#offerChoice(finding);
    if (finding.kind === "found") this.#ask(finding.checklist.map(({ id }) => id));
    // An emergency waits for no further click, and neither does somebody without a server.
    if (finding.urgent || finding.kind === "away") this.#details.hidden = false;
  }

  #foundParts(finding) {
    const texts = this.#texts;
    const { urgent, answered, kind } = finding;
    const others = finding.hits
      .filter((hit) => hit.article_id !== urgent?.article_id && (!urgent || hit.urgency === "urgent"))
      .slice(0, answered && !urgent ? SHOWN.answers : SHOWN.perhaps);
    const lead = urgent ? texts.alsoUrgent : answered ? texts.answers : texts.perhaps;
    const count = others.length + (urgent ? 1 : 0);
    this.#say(kind === "away" ? texts.away : count > 0 ? texts.found(count) : texts.nothing);
    return [
      kind === "away" ? make("p", { className: "kb-write__away", text: texts.away }) : this.#classLine(finding),
      ...(urgent ? this.#urgentParts(urgent) : []),
      others.length > 0 ? make("h3", { text: lead }) : "",
      others.length === 0 && !urgent && kind !== "away" ? make("p", { text: texts.nothing }) : "",
      ...others.map((hit) => this.#suggestion(hit)),
      kind === "found" && !urgent ? this.#readyList(finding.checklist) : "",
    ];
  }

  #classLine({ responseClass, target }) {
    if (!responseClass) return "";
    const texts = this.#texts;
    return make("p", { className: "kb-write__sorted" }, [
      make("span", {
        className: `kb-badge${responseClass === "urgent" ? " kb-badge--urgent" : ""}`,
        text: texts.className[responseClass],
      }),
      target ? make("span", { text: texts.target(target) }) : "",
    ]);
  }

  /** What to do now and the fastest channel come before everything else. */
  #urgentParts(urgent) {
    const texts = this.#texts;
    const fast = this.#page.fast;
    const link = make("a", { href: "#ways", text: texts.allWays });
    return [
      make("h3", { text: texts.urgentTitle }),
      make("ol", { className: "kb-write__now" }, urgent.actions.map((text) => make("li", { text }))),
      this.#suggestion(urgent, texts.urgentMore),
      make("p", { className: "kb-write__fast" }, [fast ? texts.fastest(fast) : "", " ", link]),
      make("p", { text: texts.urgentForm }),
    ];
  }

  /** An article that opens right here: what has been written stays in sight. */
  #suggestion(hit, lead = "") {
    const texts = this.#texts;
    const body = make("div", { className: "kb-body kb-suggestion__body" });
    const details = make("details", { className: "kb-suggestion" }, [
      make("summary", {}, [
        make("span", { className: "kb-suggestion__title", text: lead + hit.title }),
        lead ? "" : make("span", { className: "kb-suggestion__summary", text: hit.summary ?? "" }),
      ]),
      body,
    ]);
    details.addEventListener("toggle", async () => {
      if (!details.open || body.hasChildNodes()) return;
      this.#opened(hit);
      const full = make("a", { className: "kb-more", href: hit.url, target: "_blank", rel: "noopener", text: texts.full });
      body.replaceChildren(make("p", { text: texts.loading }));
      try {
        body.replaceChildren(await fetchArticle(hit.url), make("p", {}, [full]));
      } catch {
        body.replaceChildren(make("p", { text: texts.notLoaded }), make("p", {}, [full]));
      }
    });
    return details;
  }

  #opened({ article_id, rank }) {
    this.#openedArticle = article_id;
    const query_id = this.#finding?.queryId;
    if (query_id) tell(this.#config, "hit_opened", { query_id, article_id, rank: rank ?? 1 });
  }

  #readyList(items) {
    const lines = items.filter(({ id }) => id !== "time_zone"); // told with the time
    if (lines.length === 0) return "";
    return make("div", { className: "kb-write__ready" }, [
      make("p", { text: this.#texts.ready }),
      make("ul", {}, lines.map(({ text }) => make("li", { text }))),
    ]);
  }

  #offerChoice({ kind }) {
    const hasFound = kind === "found" || kind === "away";
    const go = this.#section.querySelector("[data-kb-continue]");
    go.dataset.text ??= go.textContent;
    go.textContent = hasFound ? this.#texts.stillNeed : go.dataset.text;
    this.#section.querySelector("[data-kb-solved]").hidden = !hasFound;
  }

  // ---- What to do about it

  #stillNeedHelp() {
    this.#later.flush();
    const query_id = this.#finding?.queryId;
    if (query_id && !this.#askedForHelp) tell(this.#config, "still_need_help", { query_id });
    this.#askedForHelp = Boolean(query_id);
    this.#details.hidden = false;
    const legend = this.#details.querySelector("legend");
    legend.focus({ preventScroll: true });
    legend.scrollIntoView({ block: "start", behavior: "smooth" });
  }

  #solved() {
    const texts = this.#texts;
    this.#later.cancel();
    tell(this.#config, "solved", {
      ...(this.#finding?.queryId ? { query_id: this.#finding.queryId } : {}),
      ...(this.#openedArticle ? { article_id: this.#openedArticle } : {}),
    });
    const back = make("button", { className: "kb-button kb-button--plain", type: "button", text: texts.doneBack });
    back.addEventListener("click", () => {
      this.#done.hidden = true;
      this.#form.hidden = false;
      this.#body.focus();
    });
    this.#done.replaceChildren(
      make("p", { className: "kb-write__done-title", text: texts.doneTitle }),
      make("p", { text: texts.doneText }),
      make("p", { className: "kb-write__choice" }, [
        make("a", { className: "kb-button", href: this.#config.root, text: texts.doneHome }),
        back,
      ]),
    );
    this.#form.hidden = true;
    this.#done.hidden = false;
    this.#done.focus();
  }

  // ---- The form

  /** Shows the fields that this case needs; one that somebody has filled in stays. */
  #ask(items) {
    for (const name of FIELDS) {
      const wrapper = this.#wrapper(name);
      const isFilled = this.#form.elements[name].value !== "" && name !== "time_zone";
      wrapper.hidden = !items.includes(name) && !isFilled;
    }
  }

  #fillTime() {
    const { happened_at: time, time_zone: zone } = this.#form.elements;
    zone.value ||= Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
    const here = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000);
    time.max = here.toISOString().slice(0, 16);
  }

  #values() {
    const shown = FIELDS.filter((name) => !this.#wrapper(name).hidden);
    return Object.fromEntries(["body", "email", ...shown].map((name) => [name, this.#form.elements[name].value]));
  }

  #wrapper(name) {
    return this.#section.querySelector(`[data-kb-field="${name}"]`);
  }

  #showProblems(problems) {
    for (const name of ["body", "email", ...FIELDS]) this.#clearProblem(name);
    for (const { field, code, text } of problems) {
      const input = this.#form.elements[field];
      const texts = this.#texts.problems[field] ?? {};
      const error = make("p", {
        className: "kb-field__error",
        id: `kb-write-${field}-error`,
        text: text || (texts[code] ?? texts.shape ?? this.#texts.problems.other.shape),
      });
      this.#wrapper(field).hidden = false;
      this.#wrapper(field).append(error);
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", `${error.id} ${describedBy(input)}`);
    }
    if (problems.length > 0) {
      this.#say(this.#texts.summary(problems.length));
      this.#form.elements[problems[0].field].focus();
    }
  }

  #clearProblem(name) {
    const input = this.#form.elements[name];
    if (input?.getAttribute("aria-invalid") !== "true") return;
    this.#section.querySelector(`#kb-write-${name}-error`)?.remove();
    input.removeAttribute("aria-invalid");
    input.setAttribute("aria-describedby", describedBy(input));
  }

  // ---- Secrets

  /** @returns {boolean} whether the field held a secret; it is empty now */
  #guard(input) {
    const secret = typeof input.value === "string" ? findSecret(input.value) : null;
    if (!secret || secret.ask) return false;
    this.#warn(input, secret.kind, false);
    return true;
  }

  #warn(input, kind, sent) {
    this.#later.cancel();
    input.value = "";
    if (input === this.#body) this.#show({ kind: "short" });
    this.#alert.replaceChildren(
      secretWarning(SEARCH_TEXTS[this.#config.lang], kind, { sent, leak: this.#config.leak }),
    );
    this.#alert.scrollIntoView({ block: "center" });
    if (!sent) tell(this.#config, "secret_blocked", { kind }); // the server counts what it finds itself
  }

  #question(kind) {
    const texts = SEARCH_TEXTS[this.#config.lang];
    const go = () => {
      this.#sure = this.#body.value;
      this.#alert.replaceChildren();
      this.#body.focus();
      this.#look();
    };
    const stop = () => {
      this.#warn(this.#body, kind, false);
      this.#body.focus();
    };
    const goText = kind === "recovery_phrase" ? texts.suspectGo : this.#texts.hexIsFine;
    this.#alert.replaceChildren(secretQuestion(texts, kind, { go, stop, goText }));
  }

  // ---- Sending

  async #send() {
    this.#failed.replaceChildren();
    const values = this.#values();
    for (const name of Object.keys(values)) {
      if (this.#guard(this.#form.elements[name])) return;
      const secret = findSecret(values[name]);
      const isAsked = secret?.ask && name !== TAKES_HASH && !(name === "body" && this.#sure === values.body);
      if (isAsked && name === "body") return this.#question(secret.kind);
      if (isAsked) return this.#showProblems([{ field: name, code: "shape" }]);
    }
    const problems = problemsOf(values);
    this.#details.hidden = false;
    this.#showProblems(problems);
    if (problems.length > 0) return;
    await this.#post(ticketOf(values, { lang: this.#config.lang, queryId: this.#finding?.queryId, session: sessionId() }));
  }

  async #post(ticket) {
    const button = this.#form.querySelector("[type=submit]");
    button.dataset.text ??= button.textContent;
    button.textContent = this.#texts.sending;
    button.setAttribute("aria-disabled", "true");
    this.#say(this.#texts.sending);
    const outcome = await this.#sender.send(ticket);
    if (outcome.kind === "busy") return;
    button.textContent = button.dataset.text;
    button.removeAttribute("aria-disabled");
    this.#said(outcome);
  }

  #said(outcome) {
    const texts = this.#texts;
    switch (outcome.kind) {
      case "received":
        this.#leave(outcome);
        break;
      case "invalid":
        if (this.#wrapper(outcome.field)) this.#showProblems([{ ...outcome, code: "shape" }]);
        else this.#fail(texts.refused);
        break;
      case "secret":
        this.#warn(this.#form.elements[outcome.field] ?? this.#body, "other", true);
        break;
      case "wait":
        this.#fail(texts.wait(outcome.seconds));
        break;
      default:
        this.#fail(texts.failed, { again: true });
    }
  }

  #leave({ ticketId, responseClass }) {
    const address = new URL(this.#page.received, location.href);
    address.searchParams.set("ticket", ticketId);
    if (responseClass) address.searchParams.set("class", responseClass);
    // Whoever goes back finds an empty form, not the ticket to send a second time.
    this.#form.reset();
    this.#fillTime();
    this.#show({ kind: "short" });
    this.#details.hidden = true;
    location.assign(address);
  }

  #fail(text, { again = false } = {}) {
    const retry = make("button", { className: "kb-button", type: "button", text: this.#texts.retry });
    retry.addEventListener("click", () => this.#send());
    this.#failed.replaceChildren(
      make("div", { className: "kb-write__failed" }, [
        make("p", { text }),
        make("p", { className: "kb-write__choice" }, [
          again ? retry : "",
          make("a", { className: "kb-more", href: "#ways", text: this.#texts.failedHelp }),
        ]),
      ]),
    );
    // It stands above the button that was pressed, which may be at the top of a small screen.
    this.#failed.scrollIntoView({ block: "center" });
  }

  #say(text) {
    this.#status.textContent = text;
  }
}

/** @returns {string} the ids that describe a field when nothing is wrong with it */
function describedBy(input) {
  return input.getAttribute("aria-describedby").split(" ").filter((id) => !id.endsWith("-error")).join(" ");
}

function sessionStorageOrNone() {
  try {
    return sessionStorage;
  } catch {
    return null; // forbidden: the sender goes without
  }
}

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const section = document.querySelector("[data-kb-contact]");
new ContactFlow(section, read("kb-config"), read("kb-contact"));
