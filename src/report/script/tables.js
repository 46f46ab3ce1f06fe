// Tables: a click on a heading sorts by that column; long ones open for print.
(() => {
  const value = cell => {
    const own = cell.querySelector(".verdict") || cell;
    let text = "";
    own.childNodes.forEach(node => { if (!(node.classList && node.classList.contains("detail"))) text += node.textContent; });
    text = text.trim();
    const number = parseFloat(text.replace("−", "-").replace(/^[≤≥<>+] ?/, ""));
    return { text, number };
  };
  const compare = (a, b) => {
    const [x, y] = [Number.isNaN(a.number), Number.isNaN(b.number)];
    if (x !== y) return x ? 1 : -1;
    return x ? a.text.localeCompare(b.text, undefined, { numeric: true }) : a.number - b.number;
  };
  document.querySelectorAll("table.sortable").forEach(table => {
    const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
    if (body.rows.length < 3) return;
    heads.forEach((head, column) => {
      if (!head.textContent.trim()) return;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach(h => h.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...body.rows].map(row => ({ row, key: value(row.cells[column]) }));
        rows.sort((a, b) => (down ? compare(b.key, a.key) : compare(a.key, b.key)));
        body.append(...rows.map(r => r.row));
      });
    });
  });
  const folded = [...document.querySelectorAll("details")];
  let closed = [];
  addEventListener("beforeprint", () => { closed = folded.filter(d => !d.open); closed.forEach(d => { d.open = true; }); });
  addEventListener("afterprint", () => closed.forEach(d => { d.open = false; }));
})();
