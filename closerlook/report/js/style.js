// How both plots look.

const GREY = {
  point: "#66707a",
  centroid: "#7c868e",
  line: "#8b959d",
  axis: "#5a636c",
  grid: "#EBEEF0",
  ink: "#1c2126",
};
const CONFIG = { displaylogo: false, responsive: true, doubleClick: false };
const RING = "#D55E00"; // around the example under the pointer
const TEXT = 0.183; // luminance of the brightest text that has a contrast of 4.5 on white
const FONT = { family: "system-ui, sans-serif", size: 12, color: GREY.ink };

/** A colour like #5986F8, as dark as a text in it has to be. */
function legible(colour) {
  const light = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const parts = [1, 3, 5].map((at) => light(parseInt(colour.slice(at, at + 2), 16) / 255));
  const all = 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  const dark = parts.map((part) => part * Math.min(1, TEXT / all || 1));
  const code = (part) => Math.floor(255 * (part <= 0.0031308 ? 12.92 * part : 1.055 * part ** (1 / 2.4) - 0.055));
  return `#${dark.map((part) => code(part).toString(16).padStart(2, "0")).join("")}`;
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
  modebar: { color: GREY.point, activecolor: GREY.ink, bgcolor: "#fff" },
  paper_bgcolor: "#fff",
  plot_bgcolor: "#fff",
  hoverlabel: { bgcolor: "#fff", bordercolor: GREY.axis, font: { ...FONT, size: 12 }, align: "left" },
  ...more,
});
