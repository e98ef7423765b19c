// Tables: sorted by a click on a header, missing values last; copied with full precision.

const collator = new Intl.Collator("en", { numeric: true });

/** Rows by a value (undefined: missing) that each has; equal ones stay in order. */
function sorted(rows, value, numeric, sign) {
  const compare = numeric ? (a, b) => a - b : collator.compare;
  const paired = rows.map((row) => [row, value(row)]);
  paired.sort(([, a], [, b]) =>
    a === undefined || b === undefined ? (a === undefined) - (b === undefined) : sign * compare(a, b),
  );
  return paired.map(([row]) => row);
}

/** The direction in which a click on a header sorts: 1 or -1; the header says so. */
function turn(header) {
  const sign = header.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  for (const other of header.parentElement.cells) other.setAttribute("aria-sort", "none");
  header.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
  return sign;
}

function sortBy(header) {
  const body = header.closest("table").tBodies[0];
  const value = (row) => row.cells[header.cellIndex].dataset.value;
  body.append(...sorted([...body.rows], value, header.classList.contains("number"), turn(header)));
}

const quote = (text = "") => (/[",\r\n]/.test(text) ? `"${String(text).replaceAll('"', '""')}"` : String(text));
const lined = (rows) => rows.map((row) => `${row.map(quote).join(",")}\n`).join("");

function csv(table) {
  const spread = [...table.tHead.rows[0].cells].map((header) => "spread" in header.dataset);
  const values = ({ dataset }, i) => (spread[i] ? [dataset.value, dataset.spread] : [dataset.value]);
  return lined([...table.rows].map((row) => [...row.cells].flatMap(values)));
}

/** Let a button copy a text, which is made when it is asked for. */
function copies(button, text) {
  const name = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = "Copied";
    } catch {
      button.textContent = "The browser does not allow it";
    }
    setTimeout(() => (button.textContent = name), 1500);
  });
}

for (const button of all("th button")) button.addEventListener("click", () => sortBy(button.parentElement));
for (const button of all(".block .copy")) copies(button, () => csv(button.closest(".block").querySelector("table")));
