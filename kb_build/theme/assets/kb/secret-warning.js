/**
 * What is shown when a text looks like a recovery phrase or a key, wherever it was typed.
 * Never shows any of the text. Finding it is the work of secret-guard.js.
 */

import { make } from "./elements.js";

/**
 * @param {object} texts of search-texts.js
 * @param {string} kind
 * @param {{sent: boolean, leak: string}} circumstances whether it left the page; where the article
 *   about moving assets is
 */
export function secretWarning(texts, kind, { sent, leak }) {
  return make("div", { className: "kb-secret" }, [
    make("p", { className: "kb-secret__title", text: texts.secretTitle[kind] ?? texts.secretTitle.other }),
    make("p", { text: sent ? texts.secretSent : texts.secretNotSent }),
    make("ol", {}, texts.secretSteps.map((text) => make("li", { text }))),
    leak ? make("a", { className: "kb-button kb-button--danger", href: leak, text: texts.secretLink }) : "",
  ]);
}

/**
 * Asks about what may be harmless: a transaction hash, a few words.
 * @param {object} texts of search-texts.js
 * @param {string} kind
 * @param {{go: () => void, stop: () => void, goText?: string}} answers
 */
export function secretQuestion(texts, kind, { go, stop, goText = texts.suspectGo }) {
  const choice = (className, text, onClick) => {
    const button = make("button", { className, type: "button", text });
    button.addEventListener("click", onClick);
    return button;
  };
  return make("div", { className: "kb-secret kb-secret--ask" }, [
    make("p", { className: "kb-secret__title", text: kind === "recovery_phrase" ? texts.suspectPhrase : texts.suspectHex }),
    make("p", { text: texts.suspectMore }),
    make("p", { className: "kb-secret__choice" }, [
      choice("kb-button", goText, go),
      choice("kb-button kb-button--plain", texts.suspectStop, stop),
    ]),
  ]);
}
