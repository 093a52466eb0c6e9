/**
 * The page after a ticket was sent: puts number and class of its address into the page.
 * Anything else in the address is passed over: nobody can make this page say something.
 */

const TICKET = /^T-[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}$/;

const page = document.querySelector("[data-kb-receipt]");
const address = new URLSearchParams(location.search);
const number = page.querySelector("[data-kb-ticket]");

if (TICKET.test(address.get("ticket") ?? "")) {
  number.textContent = address.get("ticket");
  for (const row of page.querySelectorAll("[data-kb-class]")) {
    row.hidden = row.dataset.kbClass !== address.get("class");
  }
  page.querySelector("[data-kb-known]").hidden = false;
  page.querySelector("[data-kb-missing]").hidden = true;
}

const button = page.querySelector("[data-kb-copy-ticket]");
button.addEventListener("click", async () => {
  let said = button.dataset.done;
  try {
    await navigator.clipboard.writeText(number.textContent);
  } catch {
    said = button.dataset.failed;
  }
  const label = button.querySelector("span");
  const before = label.textContent;
  label.textContent = said;
  page.querySelector("[data-kb-copied]").textContent = said;
  setTimeout(() => (label.textContent = before), 2500);
});
