"use strict";

const byId = (id) => document.getElementById(id);
const all = (selector) => [...document.querySelectorAll(selector)];

/** An element with properties and children; a text is never read as HTML. */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== null));
  return element;
}

// Figures at full size

const overlay = byId("overlay");
for (const button of all(".enlarge")) {
  button.addEventListener("click", () => {
    const [from, to] = [button.querySelector("img"), overlay.querySelector("img")];
    Object.assign(to, { src: from.src, alt: from.alt });
    overlay.showModal();
    overlay.scrollTo(0, 0);
  });
}
overlay.querySelector(".close").addEventListener("click", () => overlay.close());
overlay.addEventListener("click", (event) => event.target === overlay && overlay.close());

// Where one is on the page

const links = all("nav a");

function mark() {
  const end = scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
  const above = links.filter(
    (link) => document.querySelector(link.hash).getBoundingClientRect().top < 0.3 * innerHeight,
  );
  const here = end && scrollY ? links.at(-1) : (above.at(-1) ?? links[0]);
  for (const link of links) link.removeAttribute("aria-current");
  here.setAttribute("aria-current", "true");
}

addEventListener("scroll", mark, { passive: true });
mark();

// Cards unfold over what is below them; with the keyboard, as soon as one comes to them.

for (const card of all("details.card")) {
  const summary = card.querySelector("summary");
  summary.addEventListener("focus", () => summary.matches(":focus-visible") && (card.open = true));
  card.addEventListener("focusout", ({ relatedTarget }) => card.contains(relatedTarget) || (card.open = false));
  card.addEventListener("keydown", ({ key }) => key === "Escape" && (card.open = false));
}

// One task and model at a time

function showCell() {
  const wanted = { task: byId("c-task").value, model: byId("c-model").value };
  const of = (item) => ["task", "model"].every((key) => !(key in item.dataset) || item.dataset[key] === wanted[key]);
  const items = all("#cells .block");
  for (const item of items) item.hidden = !of(item);
  byId("c-none").hidden = items.some(of);
}

if (byId("c")) {
  byId("c").hidden = false;
  for (const key of ["task", "model"]) {
    byId(`c-${key}`).addEventListener("change", showCell);
    byId(`c-${key}`).parentElement.hidden = byId(`c-${key}`).options.length === 0;
  }
  showCell();
}
