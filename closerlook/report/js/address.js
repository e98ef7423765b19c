// The address is the view: what is chosen stands in it, and an address that is opened shows it.

const PLAIN = { view: "one", split: "both", tab: "fixed", search: "" }; // what an address need not say

let addressAsked = 0;

/** Write the address when the hand rests: browsers refuse more. */
function remember() {
  clearTimeout(addressAsked);
  addressAsked = setTimeout(() => history.replaceState(null, "", `#${address()}`), 250);
}

function address() {
  const parts = new URLSearchParams({
    ...Object.fromEntries(KEYS.map((key) => [key, run[key]])),
    layer: run.layers[layer],
    step: run.updates[step],
  });
  if (chosen) for (const label of chosen.size ? chosen : [""]) parts.append("label", label);
  const more = { view: two ? "two" : "one", split, tab, search: sought };
  for (const [key, value] of Object.entries(more)) if (value !== PLAIN[key]) parts.set(key, value);
  if (opened >= 0) parts.set("example", reference(opened));
  return parts;
}

const number = (text) => (text ? Number(text) : NaN);

/** The choice that an address names, if it names any. */
function asked({ hash } = location) {
  const parts = new URLSearchParams(hash.slice(1));
  if (!KEYS.some((key) => parts.has(key))) return null;
  return {
    ...PLAIN,
    ...Object.fromEntries(parts),
    layer: number(parts.get("layer")),
    step: number(parts.get("step")),
    labels: parts.has("label") ? parts.getAll("label") : null,
  };
}

/** Set what an address says beside the run, the layer and the step, which are shown already. */
function restore(choice) {
  two = choice.view === "two";
  split = SPLITS.includes(choice.split) ? choice.split : PLAIN.split;
  tab = Object.hasOwn(TABS, choice.tab) ? choice.tab : PLAIN.tab;
  sought = choice.search;
  ringing = sought && tab === "found" ? "found" : null;
  chosen = choice.labels && new Set(choice.labels.filter((label) => run.labels.includes(label)));
  const items = task ? range(task.items.split.length) : [];
  opened = choice.example ? items.findIndex((item) => reference(item) === choice.example) : -1;
  line = opened < 0 ? [] : rowsOf(tab).map(({ item }) => item);
  past = [];
  drawAll();
  fit();
  if (choice.example && opened < 0)
    byId("x-drawn").append(` ${choice.example} is not among the examples of this page.`);
}
