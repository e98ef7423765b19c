// The lists of examples: sorted by their headers, filtered, opened, copied.

function drawTabs() {
  byId("e-tabs").replaceChildren(
    ...Object.entries(TABS).map(([key, [name, , totalOf]]) => {
      const n = totalOf && split === "both" ? totalOf() : rowsOf(key).length;
      const button = make(
        "button",
        {
          type: "button",
          role: "tab",
          id: `e-tab-${key}`,
          tabIndex: key === tab ? 0 : -1,
          ariaSelected: String(key === tab),
        },
        name,
        " ",
        make("span", { className: "n" }, grouped(n)),
      );
      button.setAttribute("aria-controls", "e-panel");
      button.addEventListener("click", () => show(key));
      return button;
    }),
  );
}

function drawRows() {
  const some = rows();
  const cells = columnsOf(tab);
  byId("e-rows").replaceChildren(
    ...some.slice(0, much).map((row, i) => {
      const tr = make(
        "tr",
        { tabIndex: i ? -1 : 0 },
        ...cells.map(([name, numeric, value, cell]) => {
          const known = value(row) ?? undefined;
          return make(
            "td",
            { className: `${numeric ? "number" : ""} c-${name.replaceAll(" ", "-")}` },
            known === undefined ? "–" : cell(known, row),
          );
        }),
      );
      tr.dataset.item = row.item;
      const read = () => {
        past = [];
        tr.focus({ preventScroll: true });
        openCard(
          row.item,
          rows().map(({ item }) => item),
        );
      };
      tr.addEventListener("click", () => getSelection().isCollapsed && read());
      tr.addEventListener("keydown", (event) => event.key === "Enter" && read());
      for (const event of ["mouseenter", "focus"]) tr.addEventListener(event, () => pointAt(row.item));
      for (const event of ["mouseleave", "blur"]) tr.addEventListener(event, () => pointAt(-1));
      return tr;
    }),
  );
  const all = rowsOf(tab).length;
  const more = TABS[tab][2] && split === "both" ? TABS[tab][2]() - all : 0;
  byId("e-count").textContent = [
    some.length < all ? `${grouped(some.length)} of ${grouped(all)}` : "",
    more > 0 ? `the first ${grouped(all)} of ${grouped(all + more)} are listed` : "",
  ]
    .filter(Boolean)
    .join("; ");
  byId("e-more").hidden = some.length <= much;
  byId("e-more").textContent =
    `Show ${grouped(Math.min(PAGE, some.length - much))} more of ${grouped(some.length - much)}`;
  byId("e-none").hidden = some.length > 0;
  mine();
}

/** Mark the row whose card is open. */
function mine() {
  for (const row of all("#e-rows tr")) row.classList.toggle("read", Number(row.dataset.item) === opened);
}

function drawHeads() {
  byId("e-heads").replaceChildren(
    ...columnsOf(tab).map(([name, numeric]) => {
      const sort = order?.[0] === name ? (order[1] > 0 ? "ascending" : "descending") : "none";
      const header = make(
        "th",
        { scope: "col", className: numeric ? "number" : "", ariaSort: sort },
        make("button", { type: "button" }, name),
      );
      header.firstChild.addEventListener("click", () => {
        order = [name, turn(header)];
        drawRows();
      });
      return header;
    }),
  );
}

function drawLists() {
  if (!byId("examples")) return;
  byId("e").hidden = !task;
  byId("e-unknown").hidden = Boolean(task);
  if (!task) return;
  drawTabs();
  byId("e-panel").setAttribute("aria-labelledby", `e-tab-${tab}`);
  byId("e-of").textContent = `${run.task}, ${run.model}, ${run.run}, layer ${run.layers[layer]}`;
  byId("e-says").textContent = TABS[tab][4]();
  byId("e-ring").checked = ringing === tab;
  const away = !looked() && !["suspects", "drawn", "found", "selected"].includes(tab);
  byId("e-away").hidden = !away || !run.looked.length;
  byId("e-away").textContent = `Go to layer ${run.looked.at(-1)?.layer}`;
  byId("e-none").textContent = away
    ? "Examples were not looked at one by one in this layer."
    : filter
      ? "No example fits."
      : "There is none.";
  drawHeads();
  drawRows();
}

/** Open a tab. */
function show(key, focused = false) {
  [tab, order, much] = [key, null, PAGE];
  if (ringing) [ringing] = [key];
  drawLists();
  drawPlanes();
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
  for (const other of row.parentElement.rows) other.tabIndex = -1;
  row.tabIndex = 0;
  row.focus();
}
