// What is known of single examples. An item is a place among the task's examples on the page; -1: it is not there.

const SPLITS = ["train", "test"];
const ROLES = { pair: ["dependent", "head"], span_pair: ["first span", "second span"] };
const ROOM = 150; // characters of a text in a list

let split = "both"; // which examples are shown

const splitOf = (item) => (item < 0 ? 0 : task.items.split[item]); // only training examples are drawn without a text
const ofSplit = (item) => !task || split === "both" || SPLITS[splitOf(item)] === split;
const labelOf = (item) => task.items.label[item];
const named = (label) => (label < 0 ? "–" : task.names[label]);
const reference = (item) => `${SPLITS[splitOf(item)]}:${task.items.example[item]}`;
const sentence = (item) => (task.items.sentence[item] < 0 ? null : task.sentences[task.items.sentence[item]]);

/** The colour of one of the task's labels. */
const colourOf = (label) => (run.own.has(label) ? run.looks[run.own.get(label)][0] : GREY.axis);

/** What was found of the layer's examples one by one; undefined where they were not looked at. */
const looked = () => (task ? run.looked.find((at) => at.layer === run.layers[layer]) : undefined);

/** What was found of an example `before` or `after` fine-tuning, by key; undefined where it was not looked at. */
function finding(item, end, key) {
  const here = looked();
  const at = here?.where.get(item);
  return at === undefined ? undefined : end ? here[end][key][at] : here[key][at];
}

/** What an example is taken for: by the probe; if it trained that, by a readout made without it. */
function prediction(item, end) {
  const probe = finding(item, end, "probe") ?? -1;
  return probe >= 0 && splitOf(item) === 1 ? probe : (finding(item, end, "linear") ?? -1);
}

/** The end (0 or 1) of fine-tuning that a step is, if the layer's examples were looked at there; else -1. */
const endOf = (at) => (!looked() ? -1 : at === 0 ? 0 : at === run.updates.length - 1 ? 1 : -1);

/** Where an example lies at an end of fine-tuning. */
function placeOf(item, end) {
  const here = looked();
  const at = 2 * (end * here.items.length + here.where.get(item));
  const unit = run.scale[layer] / 32767;
  return [here.places[at] * unit, here.places[at + 1] * unit];
}

/** The examples that are drawn at a step: items, their labels (places in the run's, or -1), x and y. */
function drawn(at) {
  const end = endOf(at);
  let every;
  if (end < 0) every = { items: run.point_items, labels: run.point_labels, ...points(at) };
  else {
    const items = looked().items;
    const where = items.map((item) => placeOf(item, end));
    const labels = items.map((item) => run.own.get(labelOf(item)) ?? -1);
    every = { items, labels, x: where.map(([x]) => x), y: where.map(([, y]) => y) };
  }
  const kept = range(every.items.length).filter((i) => ofSplit(every.items[i]));
  return Object.fromEntries(Object.entries(every).map(([key, values]) => [key, kept.map((i) => values[i])]));
}

/** A sentence, cut where parts of its target begin and end: `text`, and the `parts` that it is in. */
function pieces(item) {
  const [text, marks] = [sentence(item) ?? "", task.items.marks[item]];
  const parts = range(marks.length / 2);
  const cuts = [...new Set([0, ...marks, text.length])].sort((a, b) => a - b);
  return cuts.slice(1).map((end, i) => ({
    text: text.slice(cuts[i], end),
    parts: parts.filter((part) => marks[2 * part] <= cuts[i] && end <= marks[2 * part + 1]),
  }));
}

// A cut is made between words where one ends within some characters, and never through a character.
const NEAR = 8;

function head(text, n) {
  const words = /^(.+)\s\S*$/s.exec(text.slice(0, n + NEAR))?.[1];
  return `${words?.length >= n - NEAR ? words : text.slice(0, n).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

function tail(text, n) {
  const words = /^\S*\s(.+)$/s.exec(text.slice(-n - NEAR))?.[1];
  return `…${words?.length >= n - NEAR ? words : text.slice(-n).replace(/^[\uDC00-\uDFFF]/, "")}`;
}

/** What fits of a text without a target: its beginning, or where it holds what is looked for. */
function excerpt(text, n) {
  const at = sought ? fold(text).indexOf(query().text) : -1;
  const end = at + (n >> 1);
  if (end < n) return head(text, n);
  return tail(end < text.length ? head(text, end) : text, n);
}

/** The pieces of a sentence that fit into some characters: the target, and what is around it. */
function around(item, room = ROOM) {
  const whole = pieces(item);
  const length = (some) => some.reduce((sum, { text }) => sum + text.length, 0);
  if (length(whole) <= room) return whole;
  const marked = whole.filter(({ parts }) => parts.length);
  const most = Math.max(12, Math.floor(room / Math.max(1, marked.length))); // of a piece of the target
  const rest = room - marked.reduce((sum, { text }) => sum + Math.min(text.length, most), 0);
  const pad = Math.max(6, Math.floor(rest / Math.max(1, 2 * marked.length)));
  return whole.map(({ text, parts }, i) => {
    const [left, right] = [i > 0, i < whole.length - 1]; // which neighbours the context belongs to
    const n = parts.length || !marked.length ? most : pad;
    const both = left === right;
    if (text.length <= (both && !parts.length ? 2 * n : n)) return { text, parts };
    if (!marked.length) return { text: excerpt(text, n), parts };
    if (parts.length || both)
      return { text: head(text, n - (n >> 1) * (parts.length > 0)) + tail(text, n >> 1).slice(1), parts };
    return { text: left ? head(text, n) : tail(text, n), parts };
  });
}

/** What of a pair a part of the target is; null where a target has no such parts. */
const role = (part) => ROLES[task.kind]?.[Math.min(part, 1)] ?? null;

/** An element with the pieces of a sentence, the target marked. */
function written(tag, some, properties = {}) {
  return make(
    tag,
    { dir: "auto", ...properties },
    ...some.map(({ text, parts }) => {
      if (!parts.length) return text;
      const roles = parts.map(role).filter(Boolean);
      const kind = roles.length && parts.some((part) => part > 0) ? (parts.includes(0) ? "both" : "second") : "first";
      return make("mark", { className: kind, title: roles.join(" and ") }, text);
    }),
  );
}

/** A label with its colour. */
const chip = (label) =>
  label < 0
    ? make("span", { className: "soft" }, "–")
    : make("span", { className: "chip" }, dot(colourOf(label)), make("bdi", { title: named(label) }, named(label)));

function dot(colour) {
  const element = make("i", { className: "dot" });
  element.style.background = colour;
  return element;
}
