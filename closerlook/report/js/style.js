// How both plots look.

const GREY = {
  point: "#9AA3AB",
  centroid: "#A7AFB6",
  line: "#CDD2D7",
  axis: "#5a636c",
  grid: "#EBEEF0",
  ink: "#1c2126",
};
const CONFIG = { displaylogo: false, responsive: true, doubleClick: false };
const RING = "#D55E00"; // around the example under the pointer
const FONT = { family: "system-ui, sans-serif", size: 12, color: GREY.ink };

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
  ...more,
});
