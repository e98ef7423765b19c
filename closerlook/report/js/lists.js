// The lists of examples: sorted by their headers, filtered, opened, copied.

function drawTabs() {
  const tabs = Object.entries(TABS).map(([key, { name, ranked }]) => {
    const n = ranked && !looked() ? "–" : grouped(total(key) ?? rowsOf(key).length);
    const button = make("button", { type: "button", role: "tab", id: `e-tab-${key}` }, name, " ", make("span", {}, n));
    button.setAttribute("aria-controls", "e-panel");
    button.setAttribute("aria-selected", key === tab);
    button.tabIndex = key === tab ? 0 : -1;
    button.addEventListener("click", () => show(key));
    return button;
  });
  byId("e-tabs").replaceChildren(...tabs);
}

function drawRow(row, columns) {
  const cells = columns.map(({ name, numeric, value, cell = String }) => {
    const known = value(row) ?? undefined;
    const kind = `${numeric ? "number" : ""} c-${name.replaceAll(" ", "-")}`;
    return make("td", { className: kind }, known === undefined ? "–" : cell(known, row));
  });
  const element = make("tr", { tabIndex: -1 }, ...cells);
  element.dataset.item = row.item;
  const read = () => {
    past = [];
    element.focus({ preventScroll: true });
    const list = rows().map(({ item }) => item);
    openCard(row.item, list);
  };
  element.addEventListener("click", () => getSelection().isCollapsed && read());
  element.addEventListener("keydown", ({ key }) => key === "Enter" && read());
  element.addEventListener("focus", () => {
    for (const other of element.parentElement.rows) other.tabIndex = other === element ? 0 : -1;
  });
  for (const event of ["mouseenter", "focus"]) element.addEventListener(event, () => pointAt(row.item));
  for (const event of ["mouseleave", "blur"]) element.addEventListener(event, () => pointAt(-1));
  return element;
}

function drawRows() {
  const [some, columns] = [rows(), columnsOf(tab)];
  byId("e-rows").replaceChildren(...some.slice(0, much).map((row) => drawRow(row, columns)));
  if (some.length) byId("e-rows").rows[0].tabIndex = 0;
  const [n, all] = [rowsOf(tab).length, total(tab)];
  const words = [
    some.length < n ? `${grouped(some.length)} of ${grouped(n)}` : "",
    all > n ? `the first ${grouped(n)} of ${grouped(all)} are listed` : "",
  ];
  byId("e-count").textContent = words.filter(Boolean).join("; ");
  const left = some.length - much;
  byId("e-more").hidden = left <= 0;
  byId("e-more").textContent = `Show ${grouped(Math.min(PAGE, left))} more of ${grouped(left)}`;
  byId("e-none").hidden = some.length > 0;
  mine();
}

/** Mark the row whose card is open. */
function mine() {
  for (const row of all("#e-rows tr")) {
    const read = Number(row.dataset.item) === opened;
    row.classList.toggle("read", read);
    if (read) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
}

function drawHeads() {
  const heads = columnsOf(tab).map(({ name, numeric }) => {
    const header = make("th", { scope: "col", className: numeric ? "number" : "" });
    const button = make("button", { type: "button" }, name);
    header.append(button);
    header.setAttribute("aria-sort", order?.[0] !== name ? "none" : order[1] > 0 ? "ascending" : "descending");
    button.addEventListener("click", () => {
      order = [name, turn(header)];
      drawRows();
    });
    return header;
  });
  byId("e-heads").replaceChildren(...heads);
}

function drawLists() {
  if (!byId("examples")) return;
  byId("e").hidden = !task;
  byId("e-unknown").hidden = Boolean(task);
  byId("e-of").textContent = `${run.task}, ${run.model}, ${run.run}, layer ${run.layers[layer]}`;
  if (!task) return;
  drawTabs();
  byId("e-panel").setAttribute("aria-labelledby", `e-tab-${tab}`);
  byId("e-says").replaceChildren(...[TABS[tab].says()].flat());
  byId("e-ring").checked = ringing === tab;
  const away = TABS[tab].ranked && !looked();
  byId("e-away").hidden = !away || !run.looked.length;
  byId("e-away").textContent = `Go to layer ${run.looked.at(-1)?.layer}`;
  const none = filter ? "No example fits." : "There is none.";
  byId("e-none").textContent = away ? "Examples were not looked at one by one in this layer." : none;
  drawHeads();
  drawRows();
}

/** Open a tab. */
function show(key, focused = false) {
  [tab, order, much] = [key, null, PAGE];
  if (ringing) [ringing] = [key];
  drawLists();
  drawPlanesSoon();
  if (focused) byId(`e-tab-${key}`).focus();
  remember();
}

function tabKeys(event) {
  const names = Object.keys(TABS);
  const at = names.indexOf(tab);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  show(names[(to + names.length) % names.length], true);
}

function rowKeys(event) {
  const to = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  const row = to && event.target.closest("tr")?.[to];
  if (!row) return;
  event.preventDefault();
  row.focus();
}
