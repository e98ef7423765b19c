// The list of labels, which is also the legend, and the label under the pointer.

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
      Object.assign(document.createElement("span"), { className: kind, textContent: value, dir: "auto" });
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
    box.addEventListener("focus", () => {
      box.setAttribute("aria-description", spoken(label));
      if (box.matches(":focus-visible")) tellLabel(label, entry);
    });
    box.addEventListener("blur", () => (byId("x-tip").hidden = true));
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

/** Point at a label, in all plots but the one in which the pointer is. */
function point(label, from = null) {
  if (label === focus) return;
  [focus, source] = [label, from];
  drawPointers();
  const { data } = byId("x-distances");
  if (label < 0 ? data.at(-1).x?.length : from !== "x-distances") {
    const wrapped = Object.fromEntries(Object.entries(thick()).map(([key, value]) => [key, [value]]));
    Plotly.restyle("x-distances", { ...wrapped, "line.color": tint() }, [data.length - 1]);
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
