// What the page brings packed: gzipped, in base64, and unpacked when it is first needed.

const unpacked = new Map(); // of a script element, a promise of what was read from it

const bytes = (text) => {
  const [binary, found] = [atob(text), new Uint8Array(Math.floor(text.length * 0.75))];
  for (let i = 0; i < binary.length; i++) found[i] = binary.charCodeAt(i);
  return found.subarray(0, binary.length);
};

function unpack(element) {
  const stream = new Blob([bytes(element.textContent.trim())]).stream();
  return new Response(stream.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

const utf8 = (buffer) => new TextDecoder().decode(buffer);

/** The value that packed.py packed. */
function valueOf(buffer) {
  const size = new DataView(buffer).getUint32(0);
  const columns = new Uint8Array(buffer, 4 + size);
  return filled(JSON.parse(utf8(new Uint8Array(buffer, 4, size))), columns);
}

/** A value with its columns where they were taken out. */
function filled(value, columns) {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((inner) => filled(inner, columns));
  if (Number.isInteger(value.column)) return column(value, columns);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filled(inner, columns)]));
}

function column({ column: at, n, bytes: size, low, digits, steps, width }, columns) {
  const found = new Array(n);
  for (let i = 0, last = 0; i < n; i++) {
    let code = 0;
    for (let plane = size - 1; plane >= 0; plane--) code = 256 * code + columns[at + plane * n + i];
    if (steps) last = code = (last + code) % 256 ** size;
    found[i] = code ? (code - 1 + low) / 10 ** digits : null;
  }
  return width ? range(n / width).map((row) => found.slice(row * width, (row + 1) * width)) : found;
}

/** What was read from a script element, once; null if there is none. */
function once(element, read) {
  if (!element) return Promise.resolve(null);
  if (!unpacked.has(element)) unpacked.set(element, unpack(element).then(read));
  return unpacked.get(element);
}

const loadPlotly = () =>
  once(byId("plotly"), (code) => document.head.append(make("script", { textContent: utf8(code) })));

const numbers = (text, Kind) => {
  const found = bytes(text);
  return new Kind(found.buffer, 0, found.length / Kind.BYTES_PER_ELEMENT);
};

function readRun(buffer) {
  const found = valueOf(buffer);
  for (const key of ["centroids", "points", "nearest"]) found[key] = numbers(found[key], Int16Array);
  found.distance = numbers(found.distance, Float32Array);
  found.point_items ??= found.point_labels.map(() => -1);
  found.looked = (found.looked ?? []).map((at) => ({
    ...at,
    places: numbers(at.places, Int16Array),
    where: new Map(at.items.map((item, i) => [item, i])),
  }));
  found.own = new Map((found.classes ?? []).map((label, i) => [label, i])); // of the task's labels, places in the run's
  return { ...found, ranges: [], orders: [] }; // by layer, once they are known
}

function readTask(buffer) {
  const found = valueOf(buffer);
  found.folded = found.sentences.map(fold);
  return found;
}
