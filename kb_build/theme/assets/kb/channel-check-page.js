/**
 * The page that checks official channels: what channel-check.js answers, in words.
 *
 * Everything runs in the page. The text is neither sent nor kept, not even in the address; all
 * that is shown goes through textContent.
 */

import { checkChannel } from "./channel-check.js";
import { TEXTS } from "./channel-check-texts.js";
import { findSecret } from "./secret-guard.js";

const { lang } = JSON.parse(document.getElementById("kb-config").textContent);
const { channels, links } = JSON.parse(document.getElementById("kb-channels").textContent);
const texts = TEXTS[lang];
const form = document.querySelector("[data-kb-channel-check]");
const input = form.querySelector("textarea");
const result = form.querySelector("[role=status]");
const LONGEST_SHOWN = 160;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  check();
});
form.addEventListener("reset", () => {
  clear();
  input.focus();
});
// An answer must never stand beside a text that it is not about.
input.addEventListener("input", clear);
input.addEventListener("paste", () => setTimeout(check));
input.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  check();
});

function clear() {
  form.dataset.state = "idle";
  result.replaceChildren();
}

function check() {
  // 64 hex digits may be a transaction hash; only what surely is a secret is taken away.
  if (findSecret(input.value)?.ask === false) {
    input.value = "";
    show("secret", texts.secret, [paragraph(texts.secretMore)]);
    return;
  }
  const answer = checkChannel(input.value, channels);
  const say = { listed: showListed, "not-listed": showNotListed, unclear: showUnclear, empty: showEmpty };
  say[answer.verdict](answer);
}

function showListed({ matched, part, reason }) {
  show("listed", texts.listed, [
    shownPart(part),
    paragraph(texts.entry(matched)),
    input.value.trim().length > part.length ? paragraph(texts.onlyThis) : "",
    reason === "sending-domain" ? paragraph(texts.reasons["sending-domain"]) : "",
    heading(texts.butTitle),
    list(texts.but),
    action(links.fake, texts.fakeLink),
  ]);
}

function showNotListed({ reason, part, address, kind }) {
  show("not-listed", texts.notListed, [
    shownPart(part),
    paragraph(texts.reasons[reason] ?? texts.reasons.unknown),
    address && kind === "domain" ? withAddress(texts.leadsTo, address) : "",
    heading(texts.doTitle),
    list(texts.do),
    action(links.clicked, texts.clickedLink, "kb-button kb-button--danger"),
    action(links.contact, texts.contactLink, "kb-button kb-button--plain"),
  ]);
}

function showUnclear({ reason, part, matched }) {
  show("unclear", texts.unclear, [
    shownPart(part),
    paragraph(texts.reasons[reason] ?? ""),
    matched ? paragraph(texts.onlyThere(matched)) : "",
    paragraph(texts.unclearDo),
    action(links.contact, texts.contactLink, "kb-button kb-button--plain"),
  ]);
}

function showEmpty() {
  show("empty", texts.empty, []);
  input.focus();
}

function show(state, title, children) {
  form.dataset.state = state;
  result.replaceChildren(make("p", "kb-check__verdict", title), ...children.filter(Boolean));
  result.scrollIntoView({ block: "nearest" }); // a phone's keyboard may cover it
}

/** What of the pasted text is meant; cut where nobody would read on. */
function shownPart(part) {
  if (!part) return "";
  const letters = Array.from(part);
  const text = letters.length > LONGEST_SHOWN ? `${letters.slice(0, LONGEST_SHOWN).join("")}…` : part;
  const element = make("p", "kb-check__part");
  const code = make("bdi", "kb-address", text);
  code.dir = "ltr";
  element.append(code);
  return element;
}

function withAddress(text, address) {
  const element = paragraph(text);
  const code = make("bdi", "kb-address", address);
  code.dir = "ltr";
  element.append(" ", code);
  return element;
}

const paragraph = (text) => (text ? make("p", "", text) : "");
const heading = (text) => make("p", "kb-check__heading", text);

function list(lines) {
  const element = make("ul", "");
  element.append(...lines.map((line) => make("li", "", line)));
  return element;
}

function action(url, text, className = "kb-button kb-button--plain") {
  if (!url) return "";
  const link = make("a", className, text);
  link.href = url;
  return link;
}

function make(tag, className, text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}
