/**
 * Brings the text of an article of this site into the page that somebody is on.
 *
 * The page is parsed as a document of its own, in which nothing runs or loads; only what articles
 * are made of is taken over, element by element. Knows nothing of who shows it.
 */

const KEPT = new Set(
  "A ABBR B BLOCKQUOTE BR CODE DD DEL DIV DL DT EM H3 H4 HR I KBD LI OL P PRE S SECTION SMALL SPAN STRONG SUB SUP TABLE TBODY TD TH THEAD TIME TR U UL".split(" "),
);
const KEPT_ATTRIBUTES = ["class", "colspan", "data-label", "data-section", "datetime", "dir", "lang", "rowspan", "scope", "start", "title"];
const LOWERED = { H1: "H4", H2: "H4", H5: "H4", H6: "H4" }; // below the heading that it opens under
const DROPPED = new Set("SCRIPT STYLE TEMPLATE NOSCRIPT IFRAME OBJECT EMBED FORM BUTTON INPUT SELECT TEXTAREA SVG LINK META".split(" "));
const SHORT_ANSWER = ".kb-answer";
const BODY = ".kb-body";

/**
 * @param {string} url of the article, on this site
 * @returns {Promise<DocumentFragment>} short answer and body
 * @throws when the page can't be read or is no article
 */
export async function fetchArticle(url) {
  const address = new URL(url, location.href);
  if (address.origin !== location.origin) throw new Error("not a page of this site");
  const response = await fetch(address, { credentials: "omit" });
  if (!response.ok) throw new Error(`page answered ${response.status}`);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const parts = [SHORT_ANSWER, BODY].map((selector) => page.querySelector(`main ${selector}`)).filter(Boolean);
  if (parts.length === 0) throw new Error("not an article");
  const fragment = document.createDocumentFragment();
  fragment.append(...parts.flatMap((part) => copyOf(part, response.url || address.href)));
  return fragment;
}

/** @returns {Node[]} a node as this page may hold it; its children alone for an unknown element */
function copyOf(node, base) {
  if (node.nodeType === Node.TEXT_NODE) return [document.createTextNode(node.data)];
  if (node.nodeType !== Node.ELEMENT_NODE || DROPPED.has(node.tagName.toUpperCase())) return [];
  const children = [...node.childNodes].flatMap((child) => copyOf(child, base));
  const name = LOWERED[node.tagName] ?? node.tagName;
  if (!KEPT.has(name)) return children;
  const element = document.createElement(name);
  for (const attribute of KEPT_ATTRIBUTES) {
    if (node.hasAttribute(attribute)) element.setAttribute(attribute, node.getAttribute(attribute));
  }
  if (name === "A") link(element, node.getAttribute("href"), base);
  element.append(...children);
  return [element];
}

/** Links open beside the form: what somebody has written there must not be lost. */
function link(element, href, base) {
  if (href === null) return;
  const address = new URL(href, base);
  if (!["http:", "https:", "mailto:", "tel:"].includes(address.protocol)) return;
  element.href = address.href;
  element.target = "_blank";
  element.rel = "noopener";
}
