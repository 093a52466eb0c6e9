/**
 * What every page needs: the search dialog, the menu, the remembered language, the copy button,
 * the vote below an article.
 * The search itself only runs when somebody is about to search.
 */

const config = JSON.parse(document.getElementById("kb-config").textContent);
const boxes = new Map();

/** Loads the search code once and brings a box to life; later calls give the same box. */
function wake(element) {
  if (!boxes.has(element)) {
    boxes.set(
      element,
      import("./search-box.js").then(({ SearchBox }) => new SearchBox(element, config)),
    );
  }
  return boxes.get(element);
}

function setUpBoxes() {
  for (const element of document.querySelectorAll("[data-kb-search]")) {
    const input = element.querySelector("input");
    element.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
    input.addEventListener("focus", () => wake(element));
    // Noted here, because a composition may begin before the search code has arrived.
    input.addEventListener("compositionstart", () => (element.dataset.composing = "yes"));
    input.addEventListener("compositionend", () => delete element.dataset.composing);
    // Typed before the code arrived, or brought back by the browser.
    if (input.value || document.activeElement === input || element.dataset.kbSearch === "page") {
      wake(element);
    }
  }
}

function setUpSearchDialog() {
  const dialog = document.getElementById("kb-search-dialog");
  const boxInDialog = dialog.querySelector("[data-kb-search]");
  const boxOnPage = document.querySelector("main [data-kb-search], .kb-hero [data-kb-search]");

  const open = () => {
    if (boxOnPage) {
      boxOnPage.querySelector("input").focus();
      boxOnPage.scrollIntoView({ block: "start" });
    } else if (!dialog.open) {
      dialog.showModal();
      wake(boxInDialog);
      boxInDialog.querySelector("input").select();
    }
  };
  for (const button of document.querySelectorAll("[data-kb-open-search]")) {
    button.addEventListener("click", open);
    button.addEventListener("pointerenter", () => import("./search-box.js"), { once: true });
  }
  // Escape belongs to the input method while it composes.
  dialog.addEventListener("cancel", (event) => {
    if (boxInDialog.dataset.composing) event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!["/", "s", "f"].includes(event.key) || isTyping(event.target) || openDialog()) return;
    event.preventDefault();
    open();
  });
}

function isTyping(element) {
  return element.closest?.("input, textarea, select, [contenteditable]") !== null;
}

function openDialog() {
  return document.querySelector("dialog[open]");
}

function setUpDialogs() {
  const menu = document.getElementById("kb-menu");
  for (const button of document.querySelectorAll("[data-kb-open-menu]")) {
    button.addEventListener("click", () => menu.showModal());
  }
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("click", (event) => {
      const onBackdrop = event.target === dialog;
      if (onBackdrop || event.target.closest("[data-kb-close]")) dialog.close();
    });
  }
}

/** The colour switch is a label for Material's script; a label takes no key by itself. */
function setUpPalette() {
  const palette = document.querySelector(".kb-palette");
  palette.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation(); // Material would click once more
    event.target.click();
    // The label that had the focus is hidden by now, the next one shown.
    requestAnimationFrame(() => palette.querySelector("label:not([hidden])").focus());
  });
}

/** Short links open in the language that was chosen last. */
function setUpLanguage() {
  for (const link of document.querySelectorAll("[data-kb-lang]")) {
    link.addEventListener("click", () => {
      try {
        localStorage.setItem("kb-lang", link.dataset.kbLang);
      } catch {
        // Private windows may forbid it; the short link then asks the browser's languages.
      }
    });
  }
}

function setUpCopy() {
  for (const button of document.querySelectorAll("[data-kb-copy]")) {
    const paragraph = button.closest(".kb-permalink");
    const label = button.querySelector("span");
    const before = label.textContent;
    button.addEventListener("click", async () => {
      let said = button.dataset.done;
      try {
        await navigator.clipboard.writeText(paragraph.querySelector("[data-kb-permalink]").href);
      } catch {
        said = button.dataset.failed;
      }
      label.textContent = said;
      paragraph.querySelector("[data-kb-copy-status]").textContent = said;
      setTimeout(() => (label.textContent = before), 2500);
    });
  }
}

/** The code is fetched when the end of the article comes near: many readers never get there. */
function setUpFeedback() {
  const element = document.querySelector("[data-kb-feedback]");
  if (!element) return;
  let feedback = null;
  const wakeFeedback = () =>
    (feedback ??= import("./feedback.js").then(({ Feedback }) => new Feedback(element, config)));

  const more = element.querySelector("[data-kb-more]");
  const no = element.querySelector("[data-kb-no]");
  no.addEventListener("click", () => {
    const isOpen = more.classList.toggle("kb-feedback__more--open");
    no.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) more.querySelector("input").focus();
  });
  element.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    (await wakeFeedback()).send(event.submitter?.value !== "no");
  });
  const watcher = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watcher.disconnect();
      wakeFeedback();
    },
    { rootMargin: "600px" },
  );
  watcher.observe(element);
}

setUpBoxes();
setUpSearchDialog();
setUpDialogs();
setUpPalette();
setUpLanguage();
setUpCopy();
setUpFeedback();
