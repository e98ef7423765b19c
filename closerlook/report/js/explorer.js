// The explorer: what is chosen, and what is drawn of it.

const records = all("script.run");
let playing = null;
let frameAsked = 0;
let choices = 0;

/** Only what depends on the step; one drawing a frame. */
function drawStep() {
  Plotly.relayout("x-distances", { shapes: now() });
  drawPlanes();
  if (tab === "drawn") drawLists();
}

function drawAll() {
  readout();
  drawPlanes();
  drawDistances();
  drawList();
  drawLists();
  drawCard();
}

function readout() {
  Object.assign(byId("x-layer"), { max: run.layers.length - 1, value: layer });
  Object.assign(byId("x-step"), { max: run.updates.length - 1, value: step });
  const last = run.updates.at(-1);
  byId("x-layer-shown").textContent = `${run.layers[layer]} of ${run.layers.at(-1)}`;
  byId("x-step-shown").textContent = run.followed ? `${when(step)} of ${last}` : when(step);
  byId("x-layer").setAttribute("aria-valuetext", `layer ${run.layers[layer]}`);
  byId("x-step").setAttribute("aria-valuetext", when(step));
  byId("x-overlap").textContent = run.overlapping[step]?.[layer] ?? "–";
  byId("x-panels").classList.toggle("two", two);
  byId("x-first").hidden = !two;
  byId("x-view").value = two ? "two" : "one";
  byId("x-split").value = split;
  if (byId("x-search").value !== sought) byId("x-search").value = sought;
  for (const part of all("#x .single")) part.hidden = !task;
  byId("x-found").textContent = sought && task ? `${grouped(matches().length)} found` : "";
  byId("x-drawn").textContent = task ? sayDrawn() : "";
  byId("x-near").textContent = `${when(step)}. ${highlighted().map(spoken).join("; ")}.`;
  const gains = highlighted().map((label) => [isolated(name(label)), shown(distance(label, 0)), shown(distance(label))]);
  byId("x-gains").textContent = `${gains.map(([label, first, now]) => `${label}: from ${first} to ${now}`).join("; ")}.`;
}

let saying = 0;

/** Say something to those who do not see it, once the hand rests. */
function say(text) {
  clearTimeout(saying);
  saying = setTimeout(() => (byId("x-said").textContent = text), 500);
}

/** How many of how many examples are drawn. */
function sayDrawn() {
  const items = drawn(step).items;
  const counts = SPLITS.map((part, i) => [part, items.filter((item) => splitOf(item) === i).length, task.n[part]]);
  const some = counts.filter(([part]) => split === "both" || split === part);
  const whole = some.every(([, n, of]) => n === of);
  const words = some
    .filter(([, n]) => n)
    .map(([part, n, of]) => {
      const what = `${part === "train" ? "training" : "test"} examples`;
      return whole ? `all ${grouped(of)} ${what}` : `${grouped(n)} of ${grouped(of)} ${what}`;
    });
  const elsewhere = run.looked.map((at) => at.layer);
  const more =
    endOf(step) < 0 && elsewhere.length
      ? ` More are drawn in layer ${elsewhere.join(", ")} before and after fine-tuning.`
      : "";
  if (!words.length) return `No example is drawn.${more}`;
  const sample = endOf(step) < 0 ? "a sample of " : "a stratified sample of ";
  return `Drawn: ${whole ? "" : sample}${words.join(" and ")}.${more}`;
}

function goTo(place) {
  step = Math.min(Math.max(place, 0), run.updates.length - 1);
  readout();
  frameAsked ||= requestAnimationFrame(() => {
    frameAsked = 0;
    drawStep();
  });
  const overlapping = run.overlapping[step]?.[layer];
  say(overlapping == null ? `${when(step)}.` : `${when(step)}: ${grouped(overlapping)} overlapping pairs.`);
  remember();
}

/** Which runs there are that agree with the first of the choices. */
const agreeing = (choice, n) =>
  records.filter((record) => KEYS.slice(0, n).every((key) => record.dataset[key] === choice[key]));

/** The place of the value nearest to one that is asked for; if none is, the last. */
function nearest(values, wanted) {
  if (!Number.isFinite(wanted)) return values.length - 1;
  return values.reduce((best, v, i) => (Math.abs(v - wanted) < Math.abs(values[best] - wanted) ? i : best), 0);
}

const option = (value, selected) => make("option", { value, selected, dir: "auto" }, value);

/** Show the run that agrees best with a choice, at the layer and update nearest to those asked for. */
async function choose(choice) {
  for (const [n, key] of KEYS.entries()) {
    const values = [...new Set(agreeing(choice, n).map((record) => record.dataset[key]))];
    if (!values.includes(choice[key])) choice[key] = values[0];
    byId(`x-${key}`).replaceChildren(...values.map((value) => option(value, value === choice[key])));
  }
  choices += 1;
  const mine = choices;
  byId("x").setAttribute("aria-busy", "true");
  const record = all("script.task").find(({ dataset }) => dataset.task === choice.task);
  const read = await Promise.all([once(agreeing(choice, KEYS.length)[0], readRun), once(record, readTask)]);
  if (mine !== choices) return; // something else was chosen meanwhile
  if (run?.task !== choice.task) [chosen, selected, opened, past] = [null, [], -1, []];
  [run, task] = read;
  [focus, pointed, zoom, much] = [-1, -1, null, PAGE];
  layer = nearest(run.layers, choice.layer);
  step = nearest(run.updates, choice.step);
  [byId("x").hidden, byId("x-wait").hidden] = [false, true];
  if ("labels" in choice) restore(choice);
  else drawAll();
  byId("x").setAttribute("aria-busy", "false");
}

function stop() {
  clearInterval(playing);
  playing = null;
  byId("x-play").textContent = "Play";
  byId("x-play").setAttribute("aria-pressed", "false");
}

function play() {
  if (playing) return stop();
  if (step === run.updates.length - 1) goTo(0);
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const pause = calm ? 1500 : Math.min(Math.max(9000 / run.updates.length, 80), 800);
  playing = setInterval(() => {
    goTo(step + 1);
    if (step === run.updates.length - 1) stop();
  }, pause);
  byId("x-play").textContent = "Pause";
  byId("x-play").setAttribute("aria-pressed", "true");
}

/** Let the choices of what is shown be made. */
function listen() {
  const on = (id, event, answer) =>
    byId(id)?.addEventListener(event, (happened) => {
      answer(happened);
      remember();
    });
  for (const key of KEYS) {
    on(`x-${key}`, "change", () => {
      stop();
      const choice = Object.fromEntries(KEYS.map((k) => [k, byId(`x-${k}`).value]));
      const end = step === run.updates.length - 1; // the last update, also of a run of another length
      choose({
        ...choice,
        layer: layer === run.layers.length - 1 ? NaN : run.layers[layer],
        step: end ? NaN : run.updates[step],
      }).then(remember);
    });
  }
  const toLayer = (place) => {
    [layer, zoom] = [place, null];
    drawAll();
  };
  on("x-layer", "input", ({ target }) => toLayer(Number(target.value)));
  on("x-step", "input", ({ target }) => {
    stop();
    goTo(Number(target.value));
  });
  byId("x-play").addEventListener("click", play);
  byId("x-find").addEventListener("input", find);
  on("x-default", "click", () => {
    chosen = null;
    drawAll();
  });
  on("x-view", "change", ({ target }) => {
    two = target.value === "two";
    drawAll();
    fit();
  });
  on("x-split", "change", ({ target }) => {
    split = target.value;
    drawAll();
  });
  byId("x-search").addEventListener("input", ({ target }) => search(target.value));
  byId("x-plane").addEventListener("keydown", steer);
  document.addEventListener("keydown", keys);
  document.addEventListener("scroll", hush, { passive: true });
  if (!byId("examples")) return;
  byId("e-tabs").addEventListener("keydown", tabKeys);
  byId("e-rows").addEventListener("keydown", rowKeys);
  byId("e-away").addEventListener("click", () => toLayer(run.layers.indexOf(run.looked.at(-1).layer)));
  byId("e-filter").addEventListener("input", ({ target }) => {
    [filter, much] = [target.value, PAGE];
    drawRows();
  });
  byId("e-ring").addEventListener("change", ({ target }) => {
    ringing = target.checked ? tab : null;
    drawPlanes();
  });
  byId("e-more").addEventListener("click", () => {
    const next = much;
    much += PAGE;
    drawRows();
    byId("e-rows").rows[next].focus();
  });
  copies(byId("e-copy"), copied);
}

/** Let the plots fill the room that they have. */
const fit = () => all("#x-panels .plot:not([hidden])").forEach((plot) => Plotly.Plots.resize(plot));

async function begin() {
  const choice = asked();
  byId("x-wait").hidden = false;
  await loadPlotly();
  listen();
  await choose(choice ?? {});
  if (choice) byId("explorer").scrollIntoView();
  const plot = byId("x-distances");
  plot.on("plotly_hover", ({ points }) => points.length && point(points[0].customdata, plot.id));
  plot.on("plotly_unhover", () => point(-1, plot.id));
  plot.on("plotly_click", ({ points, xvals }) => {
    stop();
    goTo(nearest(run.updates, points.length ? points[0].x : xvals[0]));
    if (points.length && !highlighted().includes(points[0].customdata)) highlight(points[0].customdata, true);
  });
}

let begun = null;
const explore = () => (begun ??= begin());

/** Begin at once for an address, else when the reader comes near or the browser has nothing else to do. */
function wait() {
  if (typeof DecompressionStream === "undefined") {
    for (const note of all(".old")) note.hidden = false;
    return;
  }
  window.addEventListener("hashchange", ({ newURL }) => {
    clearTimeout(addressAsked); // what was shown before would replace the address that was asked for
    const choice = asked(new URL(newURL));
    if (choice) begun ? choose(choice) : explore();
  });
  if (asked()) return explore();
  const near = new IntersectionObserver(([entry]) => entry.isIntersecting && explore(), { rootMargin: "600px" });
  near.observe(byId("explorer"));
  if (window.requestIdleCallback) requestIdleCallback(explore);
  else setTimeout(explore, 1500);
}

if (records.length) wait();
