// What the page brings packed: gzipped, in base64, and unpacked when it is first needed.

const unpacked = new Map(); // of a script element, a promise of its text or of what was read from it

const bytes = (text) => {
  const [binary, found] = [atob(text), new Uint8Array(Math.floor(text.length * 0.75))];
  for (let i = 0; i < binary.length; i++) found[i] = binary.charCodeAt(i);
  return found.subarray(0, binary.length);
};

function unpack(element) {
  const stream = new Blob([bytes(element.textContent.trim())]).stream();
  return new Response(stream.pipeThrough(new DecompressionStream("gzip"))).text();
}

/** What was read from a script element, once; null if there is none. */
function once(element, read) {
  if (!element) return Promise.resolve(null);
  if (!unpacked.has(element)) unpacked.set(element, unpack(element).then(read));
  return unpacked.get(element);
}

const loadPlotly = () => once(byId("plotly"), (code) => document.head.append(make("script", { textContent: code })));

const numbers = (text, Kind) => {
  const found = bytes(text);
  return new Kind(found.buffer, 0, found.length / Kind.BYTES_PER_ELEMENT);
};

function readRun(text) {
  const found = JSON.parse(text);
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

function readTask(text) {
  const found = JSON.parse(text);
  found.folded = found.sentences.map(fold);
  return found;
}
