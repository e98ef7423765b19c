// Examples that are looked for: by their text or label, or by a region of the plane.

let sought = "";
let selected = []; // items
let ringing = null; // the tab whose examples are ringed in the plane

/** What a search asks for: a text, after `label:NAME` only of this label (-1: there is none of this name). */
function query() {
  const [, rest] = /^\s*label:\s*(.*)$/s.exec(sought) ?? [];
  if (rest === undefined) return { label: null, text: fold(sought) };
  const asked = fold(rest);
  const fits = range(task.names.length).filter((label) => {
    const name = fold(task.names[label]);
    return asked.startsWith(name) && /^(\s|$)/.test(asked.slice(name.length));
  });
  const label = fits.sort((a, b) => task.names[b].length - task.names[a].length)[0] ?? -1;
  return { label, text: label < 0 ? "" : asked.slice(fold(task.names[label]).length).trimStart() };
}

/** The items that a search finds, in order. */
function matches() {
  if (!task || !sought) return [];
  const { label, text } = query();
  const holds = (item) => !text || task.folded[task.items.sentence[item]]?.includes(text);
  return range(task.items.split.length).filter(
    (item) => ofSplit(item) && (label === null || labelOf(item) === label) && holds(item),
  );
}

/** The items that are ringed; null where none are. */
function ringed() {
  if (!task || !ringing || (ringing === "found" && !sought) || (ringing === "selected" && !selected.length))
    return null;
  return new Set(rowsOf(ringing).map(({ item }) => item));
}

function search(text) {
  sought = text;
  if (sought) [tab, ringing] = ["found", "found"];
  else if (ringing === "found") ringing = null;
  drawPlanesSoon();
  drawLists();
  readout();
  remember();
}

function select(items) {
  selected = [...new Set(items)].sort((a, b) => a - b);
  [tab, ringing] = ["selected", "selected"];
  drawPlanesSoon();
  drawLists();
  remember();
}
