// The plane of a layer: means of labels over single examples, at one step, or at two side by side.

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

const CORNER = { xref: "paper", yref: "paper", x: 0, y: 1, xanchor: "left", yanchor: "bottom", showarrow: false };

let two = false; // whether the first step stands beside the chosen one
let zoom = null; // ranges of x and y that the reader chose
let drag = "zoom"; // what dragging does
let draws = 0;
let planesAsked = 0;
const watched = new Set(); // planes that answer the pointer

/** The planes that are shown, and their steps. */
const sights = () => [...(two ? [["x-first", 0]] : []), ["x-plane", step]];

/** Limits of the plane that hold at all steps of the run. */
function limits() {
  run.ranges[layer] ??= ["x", "y"].map((_, axis) => {
    let [low, high] = [Infinity, -Infinity];
    const reach = (array, from, to) => {
      for (let i = 2 * from + axis; i < 2 * to; i += 2)
        [low, high] = [Math.min(low, array[i]), Math.max(high, array[i])];
    };
    for (const at of steps()) {
      for (const [array, n] of [
        [run.centroids, count()],
        [run.points, run.point_labels.length],
      ])
        reach(array, cell(at) * n, (cell(at) + 1) * n);
    }
    if (looked()) reach(looked().places, 0, 2 * looked().items.length);
    const [unit, room] = [(run.scale[layer] ?? 0) / 32767, 0.05 * (high - low) || 1];
    return [(low - room) * unit, (high + room) * unit];
  });
  return run.ranges[layer];
}

/** On which side of its dot a name is whole, and hides least of the others. */
function sides({ x, y }, labels, id) {
  const [wide, tall] = [byId(id).clientWidth - 70, byId(id).clientHeight - 78]; // without the margins
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
    const [width, height] = [7 * (Math.min(columns(name(labels[i])), LONG) + 1), 15];
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

const variance = (i) => {
  const share = run.explained[layer]?.[i];
  return `PC ${i + 1}${share == null ? "" : ` (${Math.round(100 * share)} % of variance)`}`;
};

/** The colour of the label under the pointer. */
const tint = () => (highlighted().includes(focus) ? dress([focus])[0].colour : GREY.ink);

/** Examples as three traces: grey, of highlighted labels, and ringed; beside ringed ones the others pale. */
function samples(at, colour) {
  const some = drawn(at);
  const lit = ringed();
  const kind = (i) => (lit?.has(some.items[i]) ? 2 : colour.has(some.labels[i]) ? 1 : 0);
  const places = range(some.items.length);
  const trace = (wanted, marker) => {
    const group = places.filter((i) => kind(i) === wanted);
    return {
      type: "scatter", // for scattergl the page would have to allow code that is made of strings
      mode: "markers",
      x: group.map((i) => some.x[i]),
      y: group.map((i) => some.y[i]),
      meta: group.map((i) => some.items[i]),
      hoverinfo: task ? "none" : "skip",
      marker: { ...marker, ...(wanted ? { color: group.map((i) => colour.get(some.labels[i]) ?? GREY.line) } : {}) },
    };
  };
  const dense = places.length > 1000 ? 0.45 : places.length > 300 ? 0.6 : 0.8; // many together are seen, and hide others
  return [
    trace(0, { size: 4, color: GREY.point, opacity: lit ? 0.12 : dense }),
    trace(1, { size: 5, opacity: lit ? 0.15 : 0.8 }),
    trace(2, { size: 7, opacity: 0.9, line: { color: GREY.ink, width: 1 } }),
  ];
}

function drawPlane(id, at) {
  const bright = highlighted();
  const dressed = dress(bright);
  const colour = new Map(bright.map((label, i) => [label, dressed[i].colour]));
  const pale = range(count()).filter((label) => !colour.has(label));
  const means = (labels, more) => ({
    type: "scatter",
    mode: "markers",
    ...centroids(labels, at),
    customdata: labels,
    hovertext: labels.map((label) => describe(label, at)),
    hoverinfo: "text",
    cliponaxis: false,
    ...more,
  });
  const trails = bright.map((label, i) => {
    const path = range(at + 1).map((past) => centroids([label], past));
    return {
      type: "scatter",
      mode: "lines",
      x: path.map(({ x }) => x[0]),
      y: path.map(({ y }) => y[0]),
      hoverinfo: "skip",
      line: { color: dressed[i].colour, width: 1.5 },
      opacity: 0.45,
    };
  });
  const looks = (key) => dressed.map((look) => look[key]);
  const traces = [
    ...samples(at, colour),
    means(pale, { marker: { size: 8, color: GREY.centroid, line: { color: "#fff", width: 1 } } }),
    ...trails,
    means(bright, {
      mode: "markers+text",
      text: bright.map((label) => `\u00a0${short(name(label))}\u00a0`),
      textposition: sides(centroids(bright, at), bright, id),
      textfont: { size: 12, color: looks("text") },
      marker: {
        size: 11,
        color: looks("colour"),
        symbol: looks("symbol"),
        opacity: 1,
        line: { color: "#fff", width: 1.2 },
      },
    }),
  ];
  const [x, y] = zoom ?? limits();
  draws += 1; // whatever was zoomed or selected in the plot itself gives way to what is drawn here
  const layout = frame({
    xaxis: axis(variance(0), { range: x, uirevision: draws }),
    yaxis: axis(variance(1), { range: y, scaleanchor: "x", uirevision: draws }),
    margin: { l: 56, r: 14, t: 32, b: 46 },
    dragmode: drag,
    shapes: pointers(id, at),
    annotations: two ? [{ ...CORNER, text: when(at) }] : [],
    selections: [],
    selectionrevision: draws,
  });
  const reset = { name: "Reset", title: "Show all", icon: Plotly.Icons.home, click: () => zoomTo(null) };
  const buttons = [
    "toImage",
    "zoom2d",
    "pan2d",
    ...(task ? ["select2d", "lasso2d"] : []),
    "zoomIn2d",
    "zoomOut2d",
    reset,
  ];
  const done = Plotly.react(id, traces, layout, { ...CONFIG, displayModeBar: true, modeBarButtons: [buttons] });
  if (!watched.has(id)) watch(id);
  watched.add(id);
  return done;
}

function drawPlanes() {
  byId("x-tip").hidden = true;
  return Promise.all(sights().map(([id, at]) => drawPlane(id, at)));
}

/** Draw once a frame, however often it is asked for. */
function drawPlanesSoon() {
  planesAsked ||= requestAnimationFrame(() => {
    planesAsked = 0;
    drawPlanes();
  });
}

/** Zoom all planes alike: to ranges, or (null) to all that there is. */
function zoomTo(ranges) {
  zoom = ranges;
  drawPlanes();
}
