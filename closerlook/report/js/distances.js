// How far every label is from its nearest, update by update.

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
