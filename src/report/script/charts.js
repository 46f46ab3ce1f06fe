// The two charts of “Explore”: a metric by generation, and by human share at one generation. uPlot draws axes, lines and
// bands; markers are drawn here, so that a setting has the marker that it has in the figures.
const charts = (() => {
  const GREY = "#808080", GRID = "#e6e6e6", INK = "#1a1a1a";
  const DASHES = { solid: [], short: [3, 2], "dash-dot": [6, 2, 1.2, 2], dotted: [1.2, 2], dashed: [5, 3] };
  const faint = (colour, share) => colour + Math.round(255 * share).toString(16).padStart(2, "0");

  // Four significant digits, as plain as they come.
  function number(x) {
    if (x === null || x === undefined) return "–";
    if (x === 0) return "0";
    const size = Math.abs(x);
    const text = size >= 1e-3 && size < 1e6 ? String(Number(x.toPrecision(4))) : x.toExponential(2);
    return text.replaceAll("-", "−").replace("e+", "e");
  }

  function marker(to, shape, x, y, r, colour) {
    const corners = {
      square: [[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]],
      up: [[0, -1.15], [1, 0.75], [-1, 0.75]],
      down: [[0, 1.15], [1, -0.75], [-1, -0.75]],
      diamond: [[0, -1.3], [1.1, 0], [0, 1.3], [-1.1, 0]],
    }[shape];
    to.beginPath();
    to.fillStyle = to.strokeStyle = colour;
    to.lineWidth = r * 0.55;
    if (shape === "cross") {
      to.moveTo(x - r, y - r); to.lineTo(x + r, y + r); to.moveTo(x + r, y - r); to.lineTo(x - r, y + r);
      to.stroke();
    } else if (corners) {
      corners.forEach(([dx, dy], i) => (i ? to.lineTo(x + dx * r, y + dy * r) : to.moveTo(x + dx * r, y + dy * r)));
      to.closePath();
      to.fill();
    } else {
      to.arc(x, y, r, 0, 2 * Math.PI);
      if (shape === "ring") to.fillStyle = "#fff";
      to.fill();
      if (shape === "ring") to.stroke();
    }
  }

  function axes(xLabel, yLabel, whole, x, names) {
    const common = { stroke: INK, grid: { stroke: GRID, width: 1 }, ticks: { stroke: GRID, width: 1 }, font: "12px system-ui, sans-serif", labelFont: "12px system-ui, sans-serif" };
    const wide = (u, values) => {
      const longest = Math.max(0, ...(values || []).map(v => String(v ?? "").length));
      return 20 + 7 * longest;
    };
    return [
      { ...common, label: xLabel, labelSize: 20, size: 32, incrs: whole ? [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] : undefined,
        splits: names ? () => x : undefined,
        values: (_, all) => all.map(v => (names ? names[v] ?? "" : v === null ? "" : number(v))) },
      { ...common, label: yLabel, labelSize: 20, size: wide, values: (_, all) => all.map(v => (v === null ? "" : number(v))) },
    ];
  }

  // Room above and below the values; nothing is cut off, and a flat line has an axis.
  function padded(_, low, high) {
    if (low === null || low === undefined) return [0, 1];
    const room = 0.06 * (high - low) || 0.05 * Math.abs(high) || 0.5;
    return [low - room, high + room];
  }

  // `lines`: {name, colour, marker, dash, mean, low, high, law, seeds}, each an array along `x`: null where there is no value,
  // undefined where nothing was measured. `at()`: the place of the upright line. Returns the uPlot with its host.
  function draw(host, { x, names, lines, human, xLabel, yLabel, log, whole, at, onCursor, onPick, bars }) {
    host.textContent = "";
    const data = [x], series = [{}], bands = [], looks = [];
    const add = (values, options, look) => {
      data.push(values);
      series.push({ points: { show: false }, ...options });
      looks[series.length - 1] = look;
      return series.length - 1;
    };
    const band = (low, high, fill) => {
      const ends = [high, low].map(values => add(values, { stroke: "transparent", width: 0 }));
      bands.push({ series: ends, fill });
    };
    if (human) {
      if (human.low !== null) band(x.map(() => human.low), x.map(() => human.high), faint(GREY, 0.18));
      add(x.map(() => human.value), { stroke: GREY, width: 2 });
    }
    lines.forEach((line, index) => {
      // Bars are drawn with the markers; their ends still count for the axis.
      if (line.low) band(line.low, line.high, bars ? "transparent" : faint(line.colour, 0.16));
      (line.seeds || []).forEach(values => add(values, { stroke: faint(line.colour, 0.45), width: 0.8 }));
      if (line.law) add(line.law, { stroke: INK, width: 1.2, dash: DASHES.dashed });
      add(line.mean, { stroke: line.stroke || line.colour, width: 2, dash: DASHES[line.dash] || [] }, { line, index });
    });
    const marks = (u, i) => {
      const look = looks[i];
      if (!look) return;
      const to = u.ctx, scale = devicePixelRatio || 1;
      to.save();
      to.setLineDash([]);
      look.line.mean.forEach((value, k) => {
        if (value === null || value === undefined) return;
        const [px, py] = [u.valToPos(x[k], "x", true), u.valToPos(value, "y", true)];
        const [colour, shape] = look.line.each ? look.line.each[k] : [look.line.colour, look.line.marker];
        if (bars && look.line.low && look.line.low[k] !== null) {
          to.strokeStyle = colour; to.lineWidth = 1.5 * scale; to.beginPath();
          to.moveTo(px, u.valToPos(look.line.low[k], "y", true)); to.lineTo(px, u.valToPos(look.line.high[k], "y", true));
          to.stroke();
        }
        const few = look.line.mean.length <= 40 || bars;
        if (few) marker(to, shape, px, py, (bars ? 4 : 3.2) * scale, colour);
      });
      to.restore();
    };
    const upright = u => {
      const place = at();
      if (place === null) return;
      const px = u.valToPos(place, "x", true), to = u.ctx;
      to.save();
      to.strokeStyle = INK; to.lineWidth = devicePixelRatio || 1; to.setLineDash([2, 3]);
      to.beginPath(); to.moveTo(px, u.bbox.top); to.lineTo(px, u.bbox.top + u.bbox.height); to.stroke();
      to.restore();
    };
    const tip = document.createElement("div");
    tip.className = "tip";
    tip.hidden = true;
    // The mean that lies nearest to the pointer at the place of the cursor.
    const cursor = u => {
      const { idx, top, left } = u.cursor;
      if (idx === null || idx === undefined || top < 0) { tip.hidden = true; if (onCursor) onCursor(null); return; }
      if (onCursor) onCursor(x[idx]);
      let best = null;
      looks.forEach(look => {
        const value = look && look.line.mean[idx];
        if (value === null || value === undefined) return;
        const far = Math.abs(u.valToPos(value, "y") - top);
        if (!best || far < best.far) best = { far, look, value };
      });
      if (!best) { tip.hidden = true; return; }
      const { line } = best.look;
      const ends = line.low && line.low[idx] !== null && line.low[idx] !== undefined ? ` [${number(line.low[idx])}, ${number(line.high[idx])}]` : "";
      const who = line.names ? line.names[idx] : `${line.name}, ${xLabel} ${number(x[idx])}`;
      tip.textContent = `${who}: ${number(best.value)}${ends}${line.said ? line.said(idx) : ""}`;
      tip.hidden = false;
      const room = host.clientWidth - tip.offsetWidth - 4;
      tip.style.left = `${Math.max(0, Math.min(room, left + u.over.offsetLeft + 12))}px`;
      tip.style.top = `${Math.max(0, u.over.offsetTop + top - tip.offsetHeight - 10)}px`;
    };
    const edge = whole ? 0.02 * (x[x.length - 1] - x[0]) || 0.5 : 0.03 * (x[x.length - 1] - x[0]) || 0.05;
    const u = new uPlot({
      width: Math.max(240, host.clientWidth), height: Math.max(230, Math.min(330, host.clientWidth * 0.7)),
      legend: { show: false }, cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
      scales: {
        x: { time: false, range: () => [x[0] - edge, x[x.length - 1] + edge] },
        y: log ? { distr: 3 } : { range: padded },
      },
      axes: axes(xLabel, yLabel, whole, x, names), series, bands,
      hooks: { drawSeries: [marks], draw: [upright], setCursor: [cursor] },
    }, data, host);
    host.append(tip);
    if (onPick) u.over.addEventListener("click", () => u.cursor.idx !== null && onPick(x[u.cursor.idx]));
    return u;
  }

  // A small picture of a setting's line and marker, for tables.
  function swatch(line) {
    const canvas = document.createElement("canvas"), scale = 2;
    [canvas.width, canvas.height] = [28 * scale, 14 * scale];
    canvas.className = "swatch";
    canvas.setAttribute("aria-hidden", "true");
    const to = canvas.getContext("2d");
    to.scale(scale, scale);
    to.strokeStyle = line.colour; to.lineWidth = 2; to.setLineDash(DASHES[line.dash] || []);
    to.beginPath(); to.moveTo(1, 7); to.lineTo(27, 7); to.stroke();
    to.setLineDash([]);
    marker(to, line.marker, 14, 7, 3.4, line.colour);
    return canvas;
  }

  return { draw, number, swatch };
})();
