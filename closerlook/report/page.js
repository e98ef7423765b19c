"use strict";

const byId = (id) => document.getElementById(id);
const all = (selector) => [...document.querySelectorAll(selector)];

// Tables: sorted by a click on a header, missing values last; copied with full precision.

const collator = new Intl.Collator("en", { numeric: true });

function sortBy(header) {
  const body = header.closest("table").tBodies[0];
  const sign = header.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  for (const other of header.parentElement.cells) other.setAttribute("aria-sort", "none");
  header.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
  const compare = header.classList.contains("number") ? (a, b) => a - b : collator.compare;
  const rows = [...body.rows].map((row) => [row, row.cells[header.cellIndex].dataset.value]);
  rows.sort(([, a], [, b]) =>
    a === undefined || b === undefined ? (a === undefined) - (b === undefined) : sign * compare(a, b),
  );
  body.append(...rows.map(([row]) => row));
}

function csv(table) {
  const quote = (text = "") => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const spread = [...table.tHead.rows[0].cells].map((header) => "spread" in header.dataset);
  const values = ({ dataset }, i) => (spread[i] ? [dataset.value, dataset.spread] : [dataset.value]);
  return [...table.rows].map((row) => `${[...row.cells].flatMap(values).map(quote).join(",")}\n`).join("");
}

for (const button of all("th button")) button.addEventListener("click", () => sortBy(button.parentElement));
for (const button of all(".copy")) {
  const name = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(csv(button.closest(".block").querySelector("table")));
      button.textContent = "Copied";
    } catch {
      button.textContent = "The browser does not allow it";
    }
    setTimeout(() => (button.textContent = name), 1500);
  });
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

// Explorer. Nothing is drawn between two steps, since nothing was measured there.

const DEFAULT = 6; // labels that are highlighted until the reader chooses
const SYMBOLS = ["circle", "square", "triangle-up", "diamond", "triangle-down", "cross", "x"];
const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "2px,6px"];
const GREY = {
  point: "#9AA3AB",
  centroid: "#A7AFB6",
  line: "#CDD2D7",
  axis: "#5a636c",
  grid: "#EBEEF0",
  ink: "#1c2126",
};
const LONG = 26; // characters of a name that are shown in a plot
const SIDES = {
  "middle right": [1, 0],
  "middle left": [-1, 0],
  "top center": [0, -1],
  "bottom center": [0, 1],
  "top right": [1, -1],
  "bottom right": [1, 1],
  "top left": [-1, -1],
  "bottom left": [-1, 1],
};
const KEYS = ["task", "model", "run"];
const CONFIG = { displaylogo: false, responsive: true, doubleClick: "reset" };
const FONT = { family: "system-ui, sans-serif", size: 12, color: GREY.ink };

const records = all("script.run");
let run; // what is shown; its arrays are decoded
let layer = 0; // places in run.layers and run.updates
let step = 0;
let chosen = null; // names of labels; null: those whose distance changes most
let focus = -1; // the label under the pointer
let playing = null;

const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
const shown = (value, digits = 2) => (value === null ? "–" : value.toFixed(digits).replace("-", "−"));

/** For Plotly, which reads a little HTML in texts: markup in a name stays text. */
const plain = (text) =>
  String(text).replace(/\s+/g, " ").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const short = (text) => plain(text.length > LONG ? `${text.slice(0, LONG - 1)}…` : text);

function decode(record) {
  const found = JSON.parse(record.textContent);
  for (const key of ["centroids", "points", "nearest"]) found[key] = new Int16Array(bytes(found[key]));
  found.distance = new Float32Array(bytes(found.distance));
  return { ...found, ranges: [], orders: [] }; // by layer, once they are known
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
const points = (items) => places(run.points, run.point_labels.length, items);
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

/** Limits of the plane that hold at all steps of the run. */
function limits() {
  run.ranges[layer] ??= ["x", "y"].map((_, axis) => {
    let [low, high] = [Infinity, -Infinity];
    for (const [array, n] of [
      [run.centroids, count()],
      [run.points, run.point_labels.length],
    ]) {
      for (const at of steps()) {
        for (let i = 0; i < n; i++) {
          const value = array[(cell(at) * n + i) * 2 + axis];
          low = Math.min(low, value);
          high = Math.max(high, value);
        }
      }
    }
    const [unit, room] = [(run.scale[layer] ?? 0) / 32767, 0.05 * (high - low) || 1];
    return [(low - room) * unit, (high + room) * unit];
  });
  return run.ranges[layer];
}

/** On which side of its dot a name is whole, and hides least of the others. */
function sides({ x, y }, labels) {
  const [wide, tall] = [byId("x-plane").clientWidth - 70, byId("x-plane").clientHeight - 56]; // without the margins
  const [[left, right], [low, high]] = limits();
  const unit = Math.max((right - left) / wide, (high - low) / tall);
  const [cx, cy] = [(left + right) / 2, (low + high) / 2];
  const dots = labels.map((_, i) => [(x[i] - cx) / unit, (cy - y[i]) / unit]);
  const size = 7;
  const taken = dots.map(([x, y]) => [x - size, y - size, x + size, y + size]);
  const common = (a, b, i) => Math.max(0, Math.min(a[i + 2], b[i + 2]) - Math.max(a[i], b[i]));
  const outside = ([x0, y0, x1, y1]) =>
    Math.max(0, -wide / 2 - x0, x1 - wide / 2) + Math.max(0, -tall / 2 - y0, y1 - tall / 2);
  return dots.map(([x, y], i) => {
    const [width, height] = [7 * (Math.min(name(labels[i]).length, LONG) + 1), 15];
    const tried = Object.entries(SIDES).map(([side, [dx, dy]], order) => {
      const [mx, my] = [x + dx * (width / 2 + (dy ? 0 : size)), y + dy * (height / 2 + size)];
      const box = [mx - width / 2, my - height / 2, mx + width / 2, my + height / 2];
      const hidden = taken.reduce((sum, other) => sum + common(box, other, 0) * common(box, other, 1), 0);
      return { side, box, cost: order + hidden + 50 * outside(box) };
    });
    const best = tried.reduce((a, b) => (b.cost < a.cost ? b : a));
    taken.push(best.box);
    return best.side;
  });
}

const axis = (title, more) => ({
  title: { text: title, font: { size: 12 }, standoff: 6 },
  gridcolor: GREY.grid,
  zeroline: false,
  linecolor: GREY.axis,
  tickcolor: GREY.axis,
  ticks: "outside",
  ticklen: 4,
  tickfont: { size: 11, color: GREY.axis },
  ...more,
});

const frame = (more) => ({
  font: FONT,
  margin: { l: 56, r: 14, t: 10, b: 46 },
  showlegend: false,
  hovermode: "closest",
  paper_bgcolor: "#fff",
  plot_bgcolor: "#fff",
  hoverlabel: { bgcolor: "#fff", bordercolor: GREY.axis, font: { ...FONT, size: 12 }, align: "left" },
  uirevision: [...KEYS.map((key) => run[key]), run.layers[layer]].join("/"),
  ...more,
});

const variance = (i) => {
  const share = run.explained[layer]?.[i];
  return `PC ${i + 1}${share == null ? "" : ` (${Math.round(100 * share)} % of variance)`}`;
};

/** The colour of the label under the pointer. */
const tint = () => (highlighted().includes(focus) ? dress([focus])[0].colour : GREY.ink);

/** What stands out of the plane, and of the distances, while the pointer is on a label elsewhere. */
function ring() {
  const at = focus < 0 ? [] : [focus];
  return { ...centroids(at), text: at.map((label) => `<b>${short(name(label))}</b>`) };
}

function drawPlane() {
  const bright = highlighted();
  const dressed = dress(bright);
  const colour = new Map(bright.map((label, i) => [label, dressed[i].colour]));
  const items = range(run.point_labels.length);
  const [lit, dim] = [true, false].map((wanted) => items.filter((i) => colour.has(run.point_labels[i]) === wanted));
  const pale = range(count()).filter((label) => !colour.has(label));
  const sample = (chosen, more) => ({
    type: "scatter",
    mode: "markers",
    ...points(chosen),
    hoverinfo: "skip",
    ...more,
  });
  const means = (labels, more) => ({
    type: "scatter",
    mode: "markers",
    ...centroids(labels),
    customdata: labels,
    hovertext: labels.map((label) => describe(label)),
    hoverinfo: "text",
    cliponaxis: false,
    ...more,
  });
  const trails = bright.map((label, i) => {
    const path = range(step + 1).map((at) => centroids([label], at));
    return {
      type: "scatter",
      mode: "lines",
      x: path.map((at) => at.x[0]),
      y: path.map((at) => at.y[0]),
      hoverinfo: "skip",
      line: { color: dressed[i].colour, width: 1.5 },
      opacity: 0.45,
    };
  });
  const looked = (key) => dressed.map((look) => look[key]);
  const at = centroids(bright);
  const traces = [
    sample(dim, { marker: { size: 4, color: GREY.point, opacity: 0.35 } }),
    sample(lit, { marker: { size: 5, color: lit.map((i) => colour.get(run.point_labels[i])), opacity: 0.5 } }),
    means(pale, { marker: { size: 8, color: GREY.centroid, line: { color: "#fff", width: 1 } } }),
    ...trails,
    means(bright, {
      mode: "markers+text",
      text: bright.map((label) => `\u00a0${short(name(label))}\u00a0`),
      textposition: sides(at, bright),
      textfont: { size: 12, color: looked("colour") },
      marker: {
        size: 11,
        color: looked("colour"),
        symbol: looked("symbol"),
        opacity: 1,
        line: { color: "#fff", width: 1.2 },
      },
    }),
    {
      type: "scatter",
      mode: "markers+text",
      ...ring(),
      hoverinfo: "skip",
      textposition: "top center",
      cliponaxis: false,
      textfont: { size: 12, color: GREY.ink },
      marker: { size: 17, symbol: "circle-open", color: tint(), line: { width: 2 } },
    },
  ];
  const [x, y] = limits();
  const layout = frame({
    xaxis: axis(variance(0), { range: x }),
    yaxis: axis(variance(1), { range: y, scaleanchor: "x" }),
  });
  return Plotly.react("x-plane", traces, layout, {
    ...CONFIG,
    modeBarButtons: [["toImage", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]],
  });
}

/** The distance of some labels at all steps, as one line with gaps. */
function lines(labels) {
  const [x, y, text, data] = [[], [], [], []];
  for (const label of labels) {
    for (const at of steps()) {
      x.push(run.updates[at]);
      y.push(distance(label, at));
      text.push(`${describe(label, at)}<br>${when(at)}`);
      data.push(label);
    }
    x.push(null);
    y.push(null);
    text.push("");
    data.push(label);
  }
  return { x, y, hovertext: text, customdata: data };
}

/** What shows the step among the distances: an upright line, and a dot on each highlighted one. */
function now() {
  const x = run.updates[step];
  const known = highlighted().filter((label) => distance(label) !== null);
  const dots = dress(known).map((look, i) => ({
    type: "circle",
    xsizemode: "pixel",
    ysizemode: "pixel",
    xanchor: x,
    yanchor: distance(known[i]),
    x0: -5,
    x1: 5,
    y0: -5,
    y1: 5,
    fillcolor: look.colour,
    line: { color: "#fff", width: 1.2 },
  }));
  return [{ type: "line", x0: x, x1: x, y0: 0, y1: 1, yref: "paper", line: { color: GREY.ink, width: 1.2 } }, ...dots];
}

function thick() {
  const line = lines(focus < 0 ? [] : [focus]);
  const last = line.y.findLastIndex((value) => value !== null);
  return { x: line.x, y: line.y, text: line.y.map((_, i) => (i === last ? `<b>${short(name(focus))}</b>` : "")) };
}

function drawDistances() {
  const bright = highlighted();
  const dressed = dress(bright);
  const rest = range(count()).filter((label) => !bright.includes(label));
  const mode = run.updates.length > 2 ? "lines" : "lines+markers";
  const curve = (labels, more) => ({ type: "scatter", mode, ...lines(labels), hoverinfo: "text", ...more });
  const traces = [
    curve(rest, { line: { color: GREY.line, width: 1 }, marker: { size: 4 } }),
    ...bright.map((label, i) =>
      curve([label], { line: { color: dressed[i].colour, dash: dressed[i].dash, width: 2 }, marker: { size: 5 } }),
    ),
    {
      type: "scatter",
      mode: "lines+text",
      ...thick(),
      hoverinfo: "skip",
      line: { color: tint(), width: 3.5 },
      textposition: "top left",
      cliponaxis: false,
      textfont: { size: 12, color: GREY.ink },
    },
  ];
  const [first, last] = [run.updates[0], run.updates.at(-1)];
  const room = 0.025 * (last - first) || 1;
  const ends = run.followed ? {} : { tickvals: run.updates, ticktext: ["before", "after"] };
  const empty = !range(count()).some((label) => steps().some((at) => distance(label, at) !== null));
  const note = {
    text: "no label has a distance here",
    showarrow: false,
    xref: "paper",
    yref: "paper",
    x: 0.5,
    y: 0.5,
    font: { color: GREY.axis },
  };
  const layout = frame({
    xaxis: axis(run.followed ? "update" : "fine-tuning", {
      range: [first - room, last + room],
      fixedrange: true,
      ...ends,
    }),
    yaxis: axis("distance to the nearest label", { rangemode: "tozero", fixedrange: true }),
    shapes: now(),
    annotations: empty ? [note] : [],
    dragmode: false,
    clickanywhere: true,
    hoverdistance: 8, // less than the usual, so that a click beside the lines is only about the step
  });
  return Plotly.react("x-distances", traces, layout, { ...CONFIG, modeBarButtons: [["toImage"]] });
}

/** Only what depends on the step. */
function drawStep() {
  Plotly.relayout("x-distances", { shapes: now() });
  drawPlane();
}

/** A piece of a label's line, with its marker. */
function swatch(look) {
  const dash = ["", "6 3", "2 2.5", "6 2 2 2", "9 3", "9 2 2 2", "2 5"][DASHES.indexOf(look.dash)];
  const shape = {
    circle: "M9 6a4 4 0 1 0 8 0a4 4 0 1 0-8 0",
    square: "M9.5 2.5h7v7h-7z",
    diamond: "M13 1l5 5-5 5-5-5z",
    "triangle-up": "M13 1.5l4.5 8h-9z",
    "triangle-down": "M13 10.5l4.5-8h-9z",
    cross: "M11.5 1.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z",
    x: "M9 3.5 10.5 2 13 4.5 15.5 2 17 3.5 14.5 6 17 8.5 15.5 10 13 7.5 10.5 10 9 8.5 11.5 6z",
  }[look.symbol];
  return `<svg class="swatch" viewBox="0 0 26 12" aria-hidden="true">
    <path d="M0 6h26" stroke="${look.colour}" stroke-width="2" stroke-dasharray="${dash}"/>
    <path d="${shape}" fill="${look.colour}" stroke="#fff"/></svg>`;
}

function drawList() {
  const bright = highlighted();
  const dressed = dress(bright);
  const entries = most().map((label) => {
    const entry = document.createElement("label");
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: bright.includes(label) });
    box.addEventListener("change", () => highlight(label, box.checked));
    const text = (kind, value) =>
      Object.assign(document.createElement("span"), { className: kind, textContent: value });
    const gained = change(label);
    entry.append(
      box,
      text("name", name(label)),
      text("change", gained === null ? "–" : `${gained > 0 ? "+" : ""}${shown(gained)}`),
    );
    if (box.checked) box.insertAdjacentHTML("afterend", swatch(dressed[bright.indexOf(label)]));
    entry.title = name(label);
    entry.dataset.label = label;
    for (const event of ["mouseenter", "focusin"]) entry.addEventListener(event, () => point(label));
    for (const event of ["mouseleave", "focusout"]) entry.addEventListener(event, () => point(-1));
    return entry;
  });
  byId("x-labels").replaceChildren(...entries);
  byId("x-count").textContent = `${bright.length} of ${count()} labels highlighted`;
  byId("x-default").disabled = chosen === null;
  find();
}

function find() {
  const wanted = byId("x-find").value.trim().toLowerCase();
  for (const entry of byId("x-labels").children)
    entry.hidden = !name(Number(entry.dataset.label)).toLowerCase().includes(wanted);
}

/** Point at a label, in all plots but the one in which the pointer is: its own hover text says it there. */
function point(label, source) {
  if (label === focus) return;
  focus = label;
  for (const [id, trace, colour] of [
    ["x-plane", ring, "marker.color"],
    ["x-distances", thick, "line.color"],
  ]) {
    const done = label < 0 ? !byId(id).data.at(-1).x?.length : id === source;
    if (done) continue;
    const wrapped = Object.fromEntries(Object.entries(trace()).map(([key, value]) => [key, [value]]));
    Plotly.restyle(id, { ...wrapped, [colour]: tint() }, [byId(id).data.length - 1]);
  }
  for (const entry of byId("x-labels").children) entry.classList.toggle("focus", Number(entry.dataset.label) === label);
}

function highlight(label, on) {
  chosen ??= new Set(highlighted().map(name));
  if (on) chosen.add(name(label));
  else chosen.delete(name(label));
  const position = byId("x-labels").scrollTop;
  const inside = byId("x-labels").contains(document.activeElement);
  drawAll();
  byId("x-labels").scrollTop = position;
  if (inside) byId("x-labels").querySelector(`[data-label="${label}"] input`).focus({ preventScroll: true });
}

function drawAll() {
  drawPlane();
  drawDistances();
  drawList();
}

function readout() {
  Object.assign(byId("x-layer"), { max: run.layers.length - 1, value: layer });
  Object.assign(byId("x-step"), { max: run.updates.length - 1, value: step });
  const last = run.updates.at(-1);
  byId("x-layer-shown").textContent = `${run.layers[layer]} of ${run.layers.at(-1)}`;
  byId("x-step-shown").textContent = run.followed ? `${when(step)} of ${last}` : when(step);
  byId("x-layer").setAttribute("aria-valuetext", `layer ${run.layers[layer]}`);
  byId("x-step").setAttribute("aria-valuetext", when(step));
  byId("x-overlap").textContent = run.overlapping[step]?.[layer] ?? "–";
}

// One drawing a frame, and one entry in the address when the hand rests: browsers refuse more.

let frameAsked = 0;
let addressAsked = 0;

function goTo(place) {
  step = Math.min(Math.max(place, 0), run.updates.length - 1);
  readout();
  frameAsked ||= requestAnimationFrame(() => {
    frameAsked = 0;
    drawStep();
  });
  remember();
}

function remember() {
  clearTimeout(addressAsked);
  addressAsked = setTimeout(() => history.replaceState(null, "", `#${address()}`), 250);
}

function address() {
  const parts = {
    ...Object.fromEntries(KEYS.map((key) => [key, run[key]])),
    layer: run.layers[layer],
    step: run.updates[step],
  };
  return new URLSearchParams(parts);
}

/** Which runs there are that agree with the first of the choices. */
const agreeing = (choice, n) =>
  records.filter((record) => KEYS.slice(0, n).every((key) => record.dataset[key] === choice[key]));

/** The place of the value nearest to one that is asked for; if none is, the last. */
function nearest(values, wanted) {
  if (!Number.isFinite(wanted)) return values.length - 1;
  return values.reduce((best, v, i) => (Math.abs(v - wanted) < Math.abs(values[best] - wanted) ? i : best), 0);
}

/** Show the run that agrees best with a choice, at the layer and update nearest to those asked for. */
function choose(choice) {
  for (const [n, key] of KEYS.entries()) {
    const values = [...new Set(agreeing(choice, n).map((record) => record.dataset[key]))];
    if (!values.includes(choice[key])) choice[key] = values[0];
    byId(`x-${key}`).replaceChildren(...values.map((value) => new Option(value, value, false, value === choice[key])));
  }
  if (run?.task !== choice.task) chosen = null;
  run = decode(agreeing(choice, KEYS.length)[0]);
  focus = -1;
  layer = nearest(run.layers, choice.layer);
  step = nearest(run.updates, choice.step);
  readout();
  drawAll();
}

const number = (text) => (text ? Number(text) : NaN);

/** The choice that an address names, if it names any. */
function named() {
  const parts = new URLSearchParams(location.hash.slice(1));
  if (!KEYS.some((key) => parts.has(key))) return null;
  return {
    ...Object.fromEntries(KEYS.map((key) => [key, parts.get(key)])),
    layer: number(parts.get("layer")),
    step: number(parts.get("step")),
  };
}

function stop() {
  clearInterval(playing);
  playing = null;
  byId("x-play").textContent = "Play";
  byId("x-play").setAttribute("aria-pressed", "false");
}

function play() {
  if (playing) return stop();
  if (step === run.updates.length - 1) goTo(0);
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const pause = calm ? 1500 : Math.min(Math.max(9000 / run.updates.length, 80), 800);
  playing = setInterval(() => {
    goTo(step + 1);
    if (step === run.updates.length - 1) stop();
  }, pause);
  byId("x-play").textContent = "Pause";
  byId("x-play").setAttribute("aria-pressed", "true");
}

function explore() {
  byId("x").hidden = false;
  const asked = named();
  choose(asked ?? {});
  if (asked) byId("explorer").scrollIntoView();
  for (const key of KEYS) {
    byId(`x-${key}`).addEventListener("change", () => {
      stop();
      const choice = Object.fromEntries(KEYS.map((k) => [k, byId(`x-${k}`).value]));
      const end = step === run.updates.length - 1; // the last update, also of a run of another length
      choose({
        ...choice,
        layer: layer === run.layers.length - 1 ? NaN : run.layers[layer],
        step: end ? NaN : run.updates[step],
      });
      remember();
    });
  }
  byId("x-layer").addEventListener("input", (event) => {
    layer = Number(event.target.value);
    readout();
    drawAll();
    remember();
  });
  byId("x-step").addEventListener("input", (event) => {
    stop();
    goTo(Number(event.target.value));
  });
  byId("x-play").addEventListener("click", play);
  byId("x-find").addEventListener("input", find);
  byId("x-default").addEventListener("click", () => {
    chosen = null;
    drawAll();
  });
  window.addEventListener("hashchange", () => {
    const choice = named();
    if (choice) choose(choice);
  });
  for (const id of ["x-plane", "x-distances"]) {
    byId(id).on("plotly_hover", ({ points }) => points.length && point(points[0].customdata, id));
    byId(id).on("plotly_unhover", () => point(-1, id));
  }
  byId("x-plane").on("plotly_click", ({ points: [hit] }) =>
    highlight(hit.customdata, !highlighted().includes(hit.customdata)),
  );
  byId("x-distances").on("plotly_click", ({ points, xvals }) => {
    stop();
    goTo(nearest(run.updates, points.length ? points[0].x : xvals[0]));
    if (points.length && !highlighted().includes(points[0].customdata)) highlight(points[0].customdata, true);
  });
}

if (records.length) explore();
