// The example under the pointer: ringed in every plane, its text beside the pointer.

const STRIDE = 0.1; // of the plane, with each arrow key
const CLOSER = 1.5; // how much nearer one key brings it

let pointed = -1;
let source = null; // the plot in which a label is under the pointer: its own hover text says it there

/** Where an example is drawn at a step; null where it is not. */
function located(item, at) {
  if (item < 0 || !ofSplit(item)) return null;
  const end = endOf(at);
  if (end >= 0) return looked().where.has(item) ? placeOf(item, end) : null;
  const place = run.point_items.indexOf(item);
  if (place < 0) return null;
  const { x, y } = places(run.points, run.point_labels.length, [place], at);
  return [x[0], y[0]];
}

/**
 * What stands out of a plane: the label and the example under the pointer, the example that is read, and its path. As
 * shapes, because Plotly changes these without drawing the rest again.
 */
function pointers(id, at) {
  const circle = ([x, y], size, color) => ({
    type: "circle",
    xsizemode: "pixel",
    ysizemode: "pixel",
    xanchor: x,
    yanchor: y,
    x0: -size,
    x1: size,
    y0: -size,
    y1: size,
    line: { color, width: 2 },
  });
  const shapes = [];
  if (opened >= 0 && ofSplit(opened) && looked()?.where.has(opened)) {
    const [[x0, y0], [x1, y1]] = [placeOf(opened, 0), placeOf(opened, 1)];
    shapes.push({ type: "line", x0, y0, x1, y1, line: { color: GREY.ink, width: 1.2, dash: "dot" } });
  }
  for (const [item, size, color] of [
    [opened, 9, GREY.ink],
    [pointed, 7, RING],
  ]) {
    const where = located(item, at);
    if (where) shapes.push(circle(where, size, color));
  }
  if (focus >= 0 && source !== id) {
    const { x, y } = centroids([focus], at);
    const font = { size: 12, color: GREY.ink };
    const label = { text: `<b>${short(name(focus))}</b>`, textposition: "top center", yanchor: "bottom", font };
    shapes.push({ ...circle([x[0], y[0]], 8.5, tint()), label });
  }
  return shapes;
}

function drawPointers() {
  for (const [id, at] of sights()) Plotly.relayout(id, { shapes: pointers(id, at) });
}

/** Point at an example, in all planes and in the list. */
function pointAt(item) {
  if (item === pointed) return;
  pointed = item;
  drawPointers();
  for (const row of all("#e-rows tr")) row.classList.toggle("focus", Number(row.dataset.item) === item);
}

/** Say beside the pointer what an example is. */
function tell(item, { clientX, clientY }) {
  const tip = byId("x-tip");
  const text = sentence(item);
  const judged = finding(item, "before", "linear") !== undefined;
  tip.replaceChildren(
    text === null ? make("p", {}, reference(item)) : written("p", around(item)),
    make("p", {}, chip(labelOf(item)), make("span", { className: "soft" }, ` ${SPLITS[splitOf(item)]}`)),
    judged
      ? make(
          "p",
          { className: "soft" },
          "taken for ",
          chip(prediction(item, "before")),
          " → ",
          chip(prediction(item, "after")),
        )
      : null,
  );
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  const x = clientX + 16 + width > document.documentElement.clientWidth ? clientX - 16 - width : clientX + 16;
  const y = clientY + 12 + height > innerHeight ? clientY - 12 - height : clientY + 12;
  Object.assign(tip.style, { left: `${Math.max(4, x)}px`, top: `${Math.max(4, y)}px` });
}

function hush() {
  byId("x-tip").hidden = true;
  pointAt(-1);
  const label = byId("x-labels").querySelector("input:focus-visible")?.parentElement; // which Tab may have scrolled to
  if (label) tellLabel(Number(label.dataset.label), label);
}

/** Say beside the list of labels what one is, for those who came to it with the keyboard. */
function tellLabel(label, entry) {
  const tip = byId("x-tip");
  tip.replaceChildren(make("p", {}, spoken(label)));
  tip.hidden = false;
  const [{ width }, at] = [tip.getBoundingClientRect(), entry.getBoundingClientRect()];
  Object.assign(tip.style, { left: `${Math.max(4, at.left - width - 6)}px`, top: `${at.top}px` });
}

/** Move, zoom and select with the keyboard. */
function steer(event) {
  if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
  const { xaxis, yaxis } = byId("x-plane")._fullLayout;
  const [x, y] = [xaxis, yaxis].map((axis) => [...axis.range]);
  const moved = ([low, high], share) => [low + share * (high - low), high + share * (high - low)];
  const scaled = ([low, high], by) => [(low * (1 + by) + high * (1 - by)) / 2, (low * (1 - by) + high * (1 + by)) / 2];
  const ranges = {
    ArrowLeft: () => [moved(x, -STRIDE), y],
    ArrowRight: () => [moved(x, STRIDE), y],
    ArrowUp: () => [x, moved(y, STRIDE)],
    ArrowDown: () => [x, moved(y, -STRIDE)],
    "+": () => [scaled(x, 1 / CLOSER), scaled(y, 1 / CLOSER)],
    "-": () => [scaled(x, CLOSER), scaled(y, CLOSER)],
    0: () => null,
  }[event.key === "=" ? "+" : event.key];
  if (ranges) zoomTo(ranges());
  else if (event.key === "Enter" && task) {
    const within = (value, [low, high]) => low <= value && value <= high;
    const some = drawn(step);
    const items = some.items.filter((item, i) => item >= 0 && within(some.x[i], x) && within(some.y[i], y));
    select(items);
    say(`${grouped(items.length)} examples selected.`);
  } else return;
  event.preventDefault();
}

/** Let a plane answer the pointer. */
function watch(id) {
  const itemOf = ({ data, pointIndex }) => data.meta?.[pointIndex];
  const plane = byId(id);
  plane.on("plotly_hover", ({ points: [hit], event }) => {
    if (!hit) return;
    const item = itemOf(hit);
    if (item === undefined) return point(hit.customdata, id);
    if (item < 0 || !plane.matches(":hover")) return; // Plotly hovers again when it draws
    pointAt(item);
    tell(item, event);
  });
  plane.on("plotly_unhover", () => {
    point(-1, id);
    hush();
  });
  plane.on("plotly_click", ({ points: [hit], event }) => {
    const item = itemOf(hit);
    if (item === undefined) return highlight(hit.customdata, !highlighted().includes(hit.customdata));
    if (item < 0) return;
    openCard(item);
    const covered = event.clientY + 40 - byId("x-card").getBoundingClientRect().top;
    if (covered > 0) scrollBy(0, covered);
  });
  plane.on("plotly_selected", (region) => {
    if (region?.points) select(region.points.map(itemOf).filter((item) => item >= 0));
  });
  plane.addEventListener("mouseleave", ({ relatedTarget }) => {
    if (!relatedTarget?.closest(".dragcover")) hush(); // with which Plotly covers the page while a button is down
  });
  plane.on("plotly_relayout", (changes) => {
    if (changes.dragmode) drag = changes.dragmode;
    if (changes.dragmode && two) return drawPlanes();
    if (!Object.keys(changes).some((key) => /^[xy]axis\./.test(key))) return;
    zoomTo([plane.layout.xaxis.range, plane.layout.yaxis.range].map((range) => [...range]));
  });
  plane.on("plotly_deselect", () => select([]));
  plane.on("plotly_doubleclick", () => zoomTo(null));
}
