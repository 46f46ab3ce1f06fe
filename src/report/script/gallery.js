// What the models draw, beside human rows: images, texts, points, table rows or outcomes.
const gallery = (() => {
  const make = (tag, attributes = {}, ...inside) => {
    const element = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => (name === "class" ? (element.className = value) : element.setAttribute(name, value)));
    element.append(...inside);
    return element;
  };
  const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));

  function images(box, rows, { width, height }, said) {
    const across = Math.min(rows.length, width > 20 ? 5 : 6), zoom = Math.max(1, Math.round(44 / width)), gap = 3;
    const canvas = make("canvas", { role: "img", "aria-label": `${rows.length} images, ${said}` });
    canvas.width = across * (width * zoom + gap) - gap;
    canvas.height = Math.ceil(rows.length / across) * (height * zoom + gap) - gap;
    const to = canvas.getContext("2d");
    rows.forEach((row, i) => {
      const [left, top] = [(i % across) * (width * zoom + gap), Math.floor(i / across) * (height * zoom + gap)];
      bytes(row).forEach((level, k) => {
        to.fillStyle = `rgb(${level},${level},${level})`;
        to.fillRect(left + (k % width) * zoom, top + Math.floor(k / width) * zoom, zoom, zoom);
      });
    });
    box.append(canvas);
  }

  // A row is pieces, novel and copied in turn, the first one novel.
  function texts(box, rows) {
    const list = make("ol", { class: "rows" });
    rows.forEach(row => {
      const item = make("li");
      row.forEach((piece, i) => piece && item.append(i % 2 ? make("mark", {}, piece) : piece));
      list.append(item);
    });
    box.append(list);
  }

  function outcomes(box, rows, whole) {
    const count = {};
    rows.forEach(name => { count[name] = (count[name] || 0) + 1; });
    const body = make("tbody");
    whole.levels.forEach(name => {
      const share = (count[name] || 0) / rows.length;
      const bar = make("span", { class: "bar", style: `width:${(100 * share) / whole.most}%` });
      body.append(make("tr", {}, make("th", { scope: "row" }, name), make("td", { class: "bars" }, bar), make("td", { class: "number" }, `${(100 * share).toFixed(0)} %`)));
    });
    box.append(make("table", { class: "outcomes" }, body));
  }

  function table(box, rows, { columns }) {
    const head = make("tr", {}, ...columns.map(name => make("th", { scope: "col" }, name)));
    const line = row => make("tr", {}, ...row.map(cell => make("td", {}, cell)));
    box.append(make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Rows of the table" },
      make("table", { class: "small" }, make("thead", {}, head), make("tbody", {}, ...rows.slice(0, 12).map(line)))));
  }

  // Points in the plane, or a histogram of single numbers, over the human ones in grey, on the same axes at every generation.
  function points(box, rows, { span }, human, colour, said) {
    const canvas = make("canvas", { role: "img", class: "plot", "aria-label": said });
    const [w, h, scale] = [300, 240, 2];
    [canvas.width, canvas.height] = [w * scale, h * scale];
    const to = canvas.getContext("2d");
    to.scale(scale, scale);
    to.fillStyle = "#fff"; to.fillRect(0, 0, w, h);
    to.strokeStyle = "#e6e6e6"; to.strokeRect(0.5, 0.5, w - 1, h - 1);
    const [[low, high], other] = span;
    const across = v => 8 + ((v - low) / (high - low || 1)) * (w - 16);
    if (other) {
      const up = v => h - 8 - ((v - other[0]) / (other[1] - other[0] || 1)) * (h - 16);
      [[human, "#80808066"], [rows, colour + "b0"]].forEach(([set, fill]) => {
        to.fillStyle = fill;
        (set || []).forEach(([x, y]) => { to.beginPath(); to.arc(across(x), up(y), 2.2, 0, 7); to.fill(); });
      });
    } else {
      const bins = 24, counted = set => {
        const all = new Array(bins).fill(0);
        (set || []).forEach(([x]) => { const k = Math.floor(((x - low) / (high - low || 1)) * bins); all[Math.max(0, Math.min(bins - 1, k))] += 1 / set.length; });
        return all;
      };
      const [people, model] = [counted(human), counted(rows)], most = Math.max(...people, ...model, 0.01);
      const step = (w - 16) / bins;
      people.forEach((share, k) => { to.fillStyle = "#80808055"; const tall = (share / most) * (h - 30); to.fillRect(8 + k * step, h - 18 - tall, step - 1, tall); });
      model.forEach((share, k) => { to.strokeStyle = colour; to.lineWidth = 1.5; const tall = (share / most) * (h - 30); to.strokeRect(8.5 + k * step, h - 18 - tall, step - 2, tall); });
      to.fillStyle = "#1a1a1a"; to.font = "11px system-ui, sans-serif";
      to.fillText(charts.number(low), 8, h - 5);
      to.textAlign = "right"; to.fillText(charts.number(high), w - 8, h - 5);
    }
    box.append(canvas);
  }

  const kinds = { images, texts, outcomes, table };

  // Fills `host` with a panel of human rows and one for each setting, at a generation.
  function show(host, data, settings, generation) {
    const of = data.gallery;
    const find = (setting, g) => {
      const cell = of.cells.find(c => c.generation === g && c.settings.includes(setting));
      return cell && cell.rows;
    };
    host.textContent = "";
    const panel = (title, rows, setting) => {
      const box = make("div", { class: "panel" }, make("h4", {}, title));
      if (!rows) {
        const kept = of.cells.filter(c => c.generation !== null && setting !== null && c.settings.includes(setting)).map(c => c.generation);
        box.append(make("p", { class: "caption" }, kept.length ? `No rows were kept here; there are some of generations ${kept.join(", ")}.` : "No rows were kept of this setting."));
      } else if (of.kind === "points") {
        const human = find(setting ?? settings[0], null);
        const colour = setting === null ? "#808080" : data.settings[setting].colour;
        points(box, setting === null ? null : rows, of, human, colour, `${rows.length} points, ${title}${setting === null ? "" : ", over human ones in grey"}`);
      } else {
        kinds[of.kind](box, rows, of, title);
      }
      host.append(box);
    };
    if (of.kind !== "points") panel("human rows", find(settings[0] ?? 0, null), null);
    settings.forEach(s => panel(`generation ${generation}, ${data.settings[s].name}`, find(s, generation), s));
  }

  return { show };
})();
