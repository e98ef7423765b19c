// What is shown, and what is known of its labels. Nothing is drawn between two steps, since nothing was measured there.

const DEFAULT = 6; // labels that are highlighted until the reader chooses
const SYMBOLS = ["circle", "square", "triangle-up", "diamond", "triangle-down", "cross", "x"];
const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "2px,6px"];
const LONG = 26; // characters of a name that are shown in a plot
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
const short = (text) => plain(text.length > LONG ? `${text.slice(0, LONG - 1)}…` : text);

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

/** Labels look as they do in the figures: where colours are used again, symbol and dash differ. */
const dress = (labels) =>
  labels.map((label) => {
    const [colour, round] = run.looks[label];
    return { colour, symbol: SYMBOLS[round % SYMBOLS.length], dash: DASHES[round % DASHES.length] };
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
      : `nearest: ${plain(name(other))}<br>distance: ${shown(away, 3)}`;
  return `<b>${plain(name(label))}</b><br>${near}`;
}
