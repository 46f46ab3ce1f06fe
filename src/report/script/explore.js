// “Explore”: one state, and everything that is drawn from it.
(() => {
  const source = document.getElementById("run"), app = document.getElementById("explore-app");
  if (!source || !app) return;
  const data = JSON.parse(source.textContent);
  const part = name => document.getElementById(`explore-${name}`);
  const { number, swatch, draw } = charts;
  const { settings, columns, metrics, share } = data;
  const along = share ?? null;
  const others = columns.map((_, i) => i).filter(i => i !== along && columns[i].values.length > 1);
  const stops = along === null ? [] : columns[along].values;
  const state = { metric: 0, generation: null, arm: 0, hover: null, filter: {}, hidden: new Set() };

  const series = (setting, metric = state.metric) => data.series.find(s => s.setting === setting && s.metric === metric);
  const isControl = s => settings[s].control;
  const matches = s => others.every(c => state.filter[c] === undefined || state.filter[c] === "" || settings[s].values[c] === Number(state.filter[c]));
  const shown = () => settings.map((_, s) => s).filter(s => !isControl(s) && matches(s) && series(s));
  const visible = () => shown().filter(s => !state.hidden.has(s));
  const generations = () => [...new Set(shown().flatMap(s => series(s).generations))].sort((a, b) => a - b);
  const checked = name => part(name) && part(name).checked && !part(name).disabled;
  const option = (value, text) => { const o = document.createElement("option"); o.value = value; o.textContent = text; return o; };

  // The place of a generation in a series; -1 where nothing was measured.
  const place = (s, g) => (s ? s.generations.indexOf(g) : -1);
  const at = (s, g, name) => { const k = place(s, g); return k < 0 ? undefined : s[name][k]; };
  const remark = (s, k) => (s.remarks && s.remarks[k] ? `; ${s.remarks[k]}` : "");

  // What human rows reach among themselves, in the first setting on view that has such a value.
  const people = () => data.human.find(h => h.metric === state.metric && visible().some(s => h.settings.includes(s)));

  // A logarithm needs values above 0.
  const positive = () => data.series.filter(s => s.metric === state.metric)
    .every(s => [s.mean, s.low, s.high].every(all => all.every(v => v === null || v === undefined || v > 0)));

  function byGeneration() {
    const x = generations();
    const spread = (s, values) => x.map(g => { const k = place(s, g); return k < 0 ? undefined : values[k]; });
    const lines = visible().map(i => {
      const s = series(i), { colour, marker, dash, name } = settings[i];
      return {
        name, colour, marker, dash, mean: spread(s, s.mean),
        low: checked("intervals") ? spread(s, s.low) : null, high: spread(s, s.high),
        law: checked("laws") && s.law ? spread(s, s.law) : null,
        seeds: checked("seeds") && s.seeds ? s.seeds.map(one => spread(s, one.values)) : [],
        said: idx => remark(s, place(s, x[idx])),
      };
    });
    const human = checked("human") ? people() : null;
    draw(part("curve"), {
      x, lines, human, whole: true, log: checked("log"), xLabel: "generation", yLabel: label(), at: () => state.generation,
      onCursor: g => { if (state.hover !== g) { state.hover = g; readout(); } },
      onPick: g => { setGeneration(g); },
    });
    part("curve").setAttribute("aria-label", `${metrics[state.metric].name} by generation, ${lines.length} lines. The table below has their values at the generation of the slider.`);
  }

  const label = () => { const m = metrics[state.metric]; return m.unit ? `${m.name} (${m.unit})` : m.name; };

  // Settings that differ in nothing but their place along the slider's column.
  function groups(all) {
    const found = new Map();
    all.forEach(s => {
      const key = others.map(c => settings[s].values[c]).join("|") + (isControl(s) ? "|alone" : "");
      if (!found.has(key)) found.set(key, []);
      found.get(key).push(s);
    });
    return [...found.values()];
  }

  function byShare() {
    const host = part("dose");
    if (!host) return;
    const x = stops.map(Number), g = state.generation;
    const controls = settings.map((_, s) => s).filter(s => isControl(s) && matches(s) && series(s));
    const dashes = ["solid", "short", "dash-dot", "dotted"];
    // The settings of a group along the slider's column, and a value of each.
    const row = (group, value) => {
      const on = x.map((_, k) => group.find(s => settings[s].values[along] === k));
      return { on, each: name => on.map(s => (s === undefined ? undefined : value(series(s), name))) };
    };
    const bounds = each => ({ mean: each("mean"), low: checked("intervals") ? each("low") : null, high: each("high") });
    const lines = groups(visible()).map((group, i) => {
      const { on, each } = row(group, (s, name) => at(s, g, name));
      const alone = others.map(c => columns[c].values[settings[group[0]].values[c]]).join(" · ");
      return {
        name: alone || columns[along].name, names: on.map(s => s !== undefined && settings[s].name), colour: "#808080", dash: dashes[i % 4],
        ...bounds(each), each: on.map(s => (s === undefined ? ["#808080", "circle"] : [settings[s].colour, settings[s].marker])),
      };
    });
    groups(controls).forEach(group => {
      const { on, each } = row(group, (s, name) => s[name][s[name].length - 1]);
      lines.push({ name: "the same human rows alone", colour: "#808080", stroke: "#b0b0b0", dash: "dotted", marker: "ring", ...bounds(each),
        names: on.map(s => s !== undefined && `${columns[along].name} ${columns[along].values[settings[s].values[along]]}, human rows alone`) });
    });
    part("dose-note").textContent = controls.length ? "Open rings: a model fitted once, on the same human rows alone." : "";
    const even = checked("even"), xs = even ? x.map((_, i) => i) : x;
    draw(host, {
      x: xs, names: even ? stops : null, lines, human: null, bars: true, log: checked("log"), xLabel: columns[along].name, yLabel: label(), at: () => xs[state.arm],
      onPick: v => setArm(xs.indexOf(v)),
    });
    part("dose-title").textContent = `By ${columns[along].name}, at generation ${g}`;
    host.setAttribute("aria-label", `${metrics[state.metric].name} by ${columns[along].name} at generation ${g}. The table below has the values.`);
  }

  // The table beside the charts: the same numbers for eyes, ears and tests.
  function readout() {
    const g = state.hover ?? state.generation, body = part("values");
    body.textContent = "";
    part("values-caption").textContent = `${label()} at generation ${g}`;
    const cell = (tag, text, kind) => { const c = document.createElement(tag); c.textContent = text; if (kind) c.className = kind; return c; };
    shown().forEach(i => {
      const row = document.createElement("tr"), s = series(i), k = place(s, g);
      const box = document.createElement("input");
      box.type = "checkbox";
      box.checked = !state.hidden.has(i);
      box.setAttribute("aria-label", `draw ${settings[i].name}`);
      box.addEventListener("change", () => { box.checked ? state.hidden.delete(i) : state.hidden.add(i); charted(); });
      const first = document.createElement("td");
      first.append(box);
      const name = cell("th", "", "setting");
      name.scope = "row";
      name.append(swatch(settings[i]), ` ${settings[i].name}`);
      const [mean, low, high] = ["mean", "low", "high"].map(n => (k < 0 ? undefined : s[n][k]));
      const value = cell("td", k < 0 ? "not measured" : mean === null ? (s.infinite && s.infinite[k]) || "no value" : number(mean), "number");
      if (mean !== null && mean !== undefined) value.dataset.value = mean;
      row.dataset.setting = i;
      row.append(first, name, value, cell("td", low === null || low === undefined ? "–" : `[${number(low)}, ${number(high)}]`, "number"));
      const seeds = k < 0 ? "–" : (s.remarks && s.remarks[k]) || String(s.asked);
      row.append(cell("td", seeds, "number"));
      if (along !== null && settings[i].values[along] === state.arm) row.className = "picked";
      body.append(row);
    });
  }

  function pictures() {
    if (!data.gallery || !part("gallery")) return;
    const all = shown().filter(s => along === null || settings[s].values[along] === state.arm);
    const kept = all.filter(s => data.gallery.cells.some(c => c.generation !== null && c.settings.includes(s)));
    gallery.show(part("gallery"), data, (kept.length ? kept : all).slice(0, 3), state.generation);
  }

  function setGeneration(g) {
    state.generation = g;
    const all = generations();
    part("generation").value = Math.max(0, all.indexOf(g));
    part("generation").setAttribute("aria-valuetext", `generation ${g}`);
    part("generation-value").textContent = g;
    charted();
    pictures();
  }

  function setArm(k) {
    if (along === null || k < 0) return;
    state.arm = k;
    part("arm").value = k;
    part("arm").setAttribute("aria-valuetext", `${columns[along].name} ${stops[k]}`);
    part("arm-value").textContent = stops[k];
    charted();
    pictures();
  }

  function charted() {
    byGeneration();
    byShare();
    readout();
  }

  function everything() {
    const m = metrics[state.metric];
    part("about").textContent = `${m.about ? `${m.about}. ` : ""}${{ less: "Less is better.", more: "More is better.", human: "Best at the human rows’ own value." }[m.better] || ""}`;
    part("log").disabled = !positive();
    if (part("human")) part("human").disabled = !data.human.some(h => h.metric === state.metric);
    const all = generations();
    part("generation").max = Math.max(0, all.length - 1);
    setGeneration(all.includes(state.generation) ? state.generation : all[all.length - 1]);
  }

  // Controls.
  metrics.forEach((m, i) => part("metric").append(option(i, m.name)));
  part("metric").addEventListener("change", e => { state.metric = Number(e.target.value); everything(); });
  const many = settings.filter(s => !s.control).length > 12;
  others.forEach(c => {
    const select = document.createElement("select"), box = document.createElement("label");
    select.append(option("", "all"), ...columns[c].values.map((v, i) => option(i, v)));
    if (many) { select.value = "0"; state.filter[c] = "0"; }
    select.addEventListener("change", () => { state.filter[c] = select.value; everything(); });
    select.dataset.column = columns[c].name;
    box.append(`${columns[c].name} `, select);
    part("filters").append(box);
  });
  ["intervals", "seeds", "human", "laws", "log", "even"].forEach(name => part(name) && part(name).addEventListener("change", charted));
  part("generation").addEventListener("input", e => setGeneration(generations()[Number(e.target.value)]));
  if (along !== null && stops.length > 1) {
    part("arm").max = stops.length - 1;
    part("arm").addEventListener("input", e => setArm(Number(e.target.value)));
    part("arm-value").textContent = stops[0];
    part("arm").setAttribute("aria-valuetext", `${columns[along].name} ${stops[0]}`);
  }
  let playing = null;
  part("play").addEventListener("click", () => {
    const stop = () => { clearInterval(playing); playing = null; part("play").textContent = "Play"; };
    if (playing) { stop(); return; }
    const all = generations();
    let k = all.indexOf(state.generation);
    if (k === all.length - 1) k = -1;
    part("play").textContent = "Stop";
    playing = setInterval(() => { k += 1; setGeneration(all[k]); if (k === all.length - 1) stop(); }, Math.max(120, Math.min(700, 6000 / all.length)));
  });
  app.hidden = false;
  // More than eight lines can't be told apart: the others wait to be ticked.
  everything();
  shown().slice(8).forEach(s => state.hidden.add(s));
  charted();
  let width = app.clientWidth;
  addEventListener("resize", () => { if (app.clientWidth !== width) { width = app.clientWidth; charted(); } });
})();
