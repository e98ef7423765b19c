// What is shown, and what is known of its labels. Nothing is drawn between two steps, since nothing was measured there.

const DEFAULT = 6; // labels that are highlighted until the reader chooses
const SYMBOLS = ["circle", "square", "triangle-up", "diamond", "triangle-down", "cross", "x"];
const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "2px,6px"];
const LONG = 26; // columns of a name that are shown in a plot
const KEYS = ["task", "model", "run"];

let run; // what is shown; its arrays are decoded
let task = null; // its single examples, if they were looked at
let layer = 0; // places in run.layers and run.updates
let step = 0;
let chosen = null; // names of labels; null: those whose distance changes most
let focus = -1; // the label under the pointer

const shown = (value, digits = 2) => (value === null ? "–" : value.toFixed(digits).replace("-", "−"));
const grouped = (value) => value.toLocaleString("en");
const fold = (text) => text.normalize("NFC").toLowerCase();

/** For Plotly, which reads a little HTML in texts: markup in a name stays text. */
const plain = (text) =>
  String(text).replace(/\s+/g, " ").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** A name within other words: where it runs from right to left, it turns nothing beside it. */
const TURNED = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const isolated = (text) => (TURNED.test(text) ? `\u2068${text}\u2069` : text);

/** How many columns a text takes: two for a wide character, none for an accent. */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const width = (letter) => (WIDE.test(letter) ? 2 : /\p{M}/u.test(letter) ? 0 : 1);
const columns = (text) => [...text].reduce((sum, letter) => sum + width(letter), 0);

/** As much of a name as there is room for in a plot. */
function short(text) {
  if (columns(text) <= LONG) return isolated(plain(text));
  let [kept, used] = ["", 0];
  for (const letter of text) {
    used += width(letter);
    if (used > LONG - 1) break;
    kept += letter;
  }
  return isolated(plain(`${kept}…`));
}

const count = () => run.labels.length;
const name = (label) => run.labels[label];
const cell = (at) => at * run.layers.length + layer;

/** The places of some items (centroids or points) in the plane of the layer, at a step. */
function places(array, n, items, at = step) {
  const [start, unit] = [cell(at) * n * 2, (run.scale[layer] ?? 0) / 32767];
  return { x: items.map((i) => array[start + 2 * i] * unit), y: items.map((i) => array[start + 2 * i + 1] * unit) };
}

const centroids = (labels, at) => places(run.centroids, count(), labels, at);
const points = (at) => places(run.points, run.point_labels.length, range(run.point_labels.length), at);
const range = (n) => Array.from({ length: n }, (_, i) => i);
const steps = () => range(run.updates.length);

function distance(label, at = step) {
  const value = run.distance[cell(at) * count() + label];
  return Number.isFinite(value) ? value : null;
}

/** How much a label's distance changes, from the first step at which it has one to the last. */
function change(label) {
  const known = steps()
    .map((at) => distance(label, at))
    .filter((value) => value !== null);
  return known.length > 1 ? known.at(-1) - known[0] : null;
}

/** All labels, those first whose distance changes most. */
function most() {
  if (!run.orders[layer]) {
    const changes = range(count()).map((label) => Math.abs(change(label) ?? 0));
    run.orders[layer] = range(count()).sort((a, b) => changes[b] - changes[a] || a - b);
  }
  return run.orders[layer];
}

const highlighted = () =>
  chosen ? range(count()).filter((label) => chosen.has(name(label))) : most().slice(0, DEFAULT);

/** Labels look as they do in the figures: each has a colour, a symbol and a dash. */
const dress = (labels) =>
  labels.map((label) => {
    const [colour, shape] = run.looks[label];
    return { colour, text: legible(colour), symbol: SYMBOLS[shape % SYMBOLS.length], dash: DASHES[shape % DASHES.length] };
  });

function when(at) {
  if (!run.followed) return at ? "after fine-tuning" : "before fine-tuning";
  return `update ${run.updates[at]}`;
}

function describe(label, at = step) {
  const [away, other] = [distance(label, at), run.nearest[cell(at) * count() + label]];
  const near =
    other < 0 || away === null
      ? "no distance to another label"
      : `nearest: ${isolated(plain(name(other)))}<br>distance: ${shown(away, 3)}`;
  return `<b>${isolated(plain(name(label)))}</b><br>${near}`;
}

/** The same as a text. */
function spoken(label) {
  const [away, other] = [distance(label), run.nearest[cell(step) * count() + label]];
  const near = other < 0 || away === null ? "no distance to another label" : `${shown(away, 3)} to ${isolated(name(other))}`;
  return `${isolated(name(label))}: ${near}`;
}
