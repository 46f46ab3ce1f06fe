// What a reader sees on a run's page, held to the files beside it. See README.md.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const collapse = path.resolve(process.env.COLLAPSE ?? path.join(root, "target/release/collapse"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browserPath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

const runs = {
  digits: ["run", "experiments/digits/fixed-mix.toml", "--quick"],
  text: ["compare", "--data", "moby-dick", "--model", "ngram", "--seeds", "3", "--generations", "4", "--fractions", "0,0.3,1"],
  table: ["compare", "--data", "adult", "--seeds", "3", "--generations", "3", "--samples", "300", "--fractions", "0,0.5,1"],
  sweep: ["run", "experiments/kazdan2024/gaussian.toml", "--quick"],
};

let browser, folder;
before(async () => {
  folder = process.env.RUNS ?? mkdtempSync(path.join(tmpdir(), "pages-"));
  browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
});
after(async () => {
  await browser?.close();
  if (!process.env.RUNS) rmSync(folder, { recursive: true, force: true });
});

// A CSV file as objects; our files quote fields that hold commas.
function table(file) {
  const fields = line => [...line.matchAll(/("([^"]|"")*"|[^,]*)(,|$)/g)].map(m => m[1].replace(/^"|"$/g, "").replaceAll('""', '"'));
  const [head, ...lines] = readFileSync(file, "utf8").trimEnd().split("\n");
  const names = fields(head);
  return lines.map(line => { const cells = fields(line); return Object.fromEntries(names.map((name, i) => [name, cells[i]])); });
}

// Whether a row of a table belongs to a setting of the page.
function belongs(row, setting, columns) {
  const plain = name => name.split(".").pop().replaceAll("_", " ");
  const alone = row["loop.human_alone"] === "true";
  return alone === setting.control && columns.every((column, i) => {
    const own = Object.keys(row).filter(name => name === column.name || plain(name) === column.name);
    return own.some(name => row[name] === column.values[setting.values[i]]);
  });
}

const shown = text => Number(text.replace("−", "-"));
const close = (a, b, what) => assert.ok(Math.abs(a - b) <= 6e-4 * Math.abs(b) + 1e-12, `${what}: ${a} on the page, ${b} in the file`);

async function open(name, scheme, width = 1100) {
  const run = path.join(folder, name);
  if (!existsSync(path.join(run, "report.html"))) {
    execFileSync(collapse, [...runs[name], "--quiet", "--out", run], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  }
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height: 900 }, offline: true });
  const page = await context.newPage(), wrong = [];
  page.on("console", message => { if (["error", "warning"].includes(message.type())) wrong.push(message.text()); });
  page.on("pageerror", error => wrong.push(String(error)));
  page.on("request", request => { if (!/^(file|data|blob):/.test(request.url())) wrong.push(`asked for ${request.url()}`); });
  await page.goto(pathToFileURL(path.join(run, "report.html")).href);
  await page.locator("#explore-app").waitFor({ state: "visible" });
  return { page, context, run, wrong };
}

// The picture of an element's canvases.
const drawn = (page, selector) => page.$eval(selector, host => [...host.querySelectorAll("canvas")].map(c => c.toDataURL()).join() + host.textContent);

async function setSlider(page, selector, steps) {
  await page.focus(selector);
  await page.keyboard.press("Home");
  for (let i = 0; i < steps; i++) await page.keyboard.press("ArrowRight");
}

for (const name of Object.keys(runs)) {
  test(`${name}: values, sliders and toggles`, async () => {
    const { page, context, run, wrong } = await open(name, "light");
    const summary = table(path.join(run, "summary.csv")), metrics = existsSync(path.join(run, "metrics.csv")) ? table(path.join(run, "metrics.csv")) : [];
    const data = JSON.parse(await page.textContent("#run"));
    assert.ok(statSync(path.join(run, "report.html")).size <= 3e6, "the page is at most 3 MB");
    assert.equal(await page.locator(".answer p").count(), 1, "one answer stands at the top");
    assert.ok(await page.locator("main > figure.picture svg").first().isVisible(), "a figure stands below it");

    // Every metric at the first, a middle and the last generation, as the table of values shows it.
    let compared = 0;
    const last = Number(await page.getAttribute("#explore-generation", "max"));
    for (let m = 0; m < data.metrics.length; m++) {
      await page.selectOption("#explore-metric", String(m));
      for (const step of new Set([0, Math.floor(last / 2), last])) {
        await setSlider(page, "#explore-generation", step);
        const generation = await page.textContent("#explore-generation-value");
        for (const row of await page.locator("#explore-values tr").all()) {
          const setting = data.settings[await row.getAttribute("data-setting")];
          const cells = await row.locator("td").allTextContents();
          const of = r => r.metric === data.metrics[m].name && r.generation === generation && !["human", "baseline"].includes(r.subject) && belongs(r, setting, data.columns);
          const found = summary.filter(of);
          if (cells[1] === "not measured") { assert.equal(found.length, 0); continue; }
          if (!/^[−\d]/.test(cells[1])) continue;
          const expected = found.find(r => r.subject === "model") ?? found[0];
          const what = `${data.metrics[m].name}, ${setting.name}, generation ${generation}`;
          close(shown(cells[1]), Number(expected.n_infinite > 0 ? expected.median : expected.mean), what);
          if (cells[2] !== "–") {
            const [low, high] = cells[2].slice(1, -1).split(", ").map(shown);
            close(low, Number(expected.ci_low), `${what}, low`);
            close(high, Number(expected.ci_high), `${what}, high`);
          }
          // The mean once more, from single observations.
          const values = metrics.filter(r => of(r) && r.subject === expected.subject && r.value !== "").map(r => Number(r.value));
          if (values.length && expected.n_infinite === "0") close(shown(cells[1]), values.reduce((a, b) => a + b) / values.length, `${what}, from metrics.csv`);
          compared += 1;
        }
      }
    }
    assert.ok(compared >= 6, `${compared} values compared`);
    await page.selectOption("#explore-metric", "0");

    // Toggles change the picture, and back.
    for (const box of ["#explore-intervals", "#explore-seeds", "#explore-human", "#explore-laws"]) {
      if (!(await page.locator(box).count())) continue;
      // Without human rows of this metric there is nothing to show or to hide.
      if (box === "#explore-human" && !data.human.some(h => h.metric === 0)) { assert.ok(await page.isDisabled(box)); continue; }
      const [was, picture] = [await page.isChecked(box), await drawn(page, "#explore-curve")];
      await page.setChecked(box, !was);
      const then = await drawn(page, "#explore-curve");
      const hasSeeds = data.series.some(s => s.metric === 0 && (s.seeds ?? []).length), onView = await page.locator("#explore-values tr:has(input:checked)").evaluateAll(rows => rows.map(r => Number(r.dataset.setting))), hasHuman = data.human.some(h => h.metric === 0 && h.settings.some(i => onView.includes(i)));
      const hasLaw = data.series.some(s => s.metric === 0 && s.law);
      const should = { "#explore-intervals": true, "#explore-seeds": hasSeeds, "#explore-human": hasHuman, "#explore-laws": hasLaw }[box];
      assert.equal(then !== picture, should, `${box} changes the chart`);
      await page.setChecked(box, was);
      assert.equal(await drawn(page, "#explore-curve"), picture, `${box} and back`);
    }
    const whole = await drawn(page, "#explore-curve");
    await page.locator("#explore-values input").first().uncheck();
    assert.notEqual(await drawn(page, "#explore-curve"), whole, "a line that is not ticked is not drawn");
    await page.locator("#explore-values input").first().check();

    // The second slider, where settings have numbers to move along, and the gallery, where rows were kept.
    if (data.share !== null) {
      const ends = [];
      for (const step of [0, data.columns[data.share].values.length - 1]) {
        await setSlider(page, "#explore-arm", step);
        assert.equal(await page.textContent("#explore-arm-value"), data.columns[data.share].values[step]);
        ends.push(data.gallery ? await drawn(page, "#explore-gallery") : String(step));
      }
      assert.notEqual(ends[0], ends[1], "the share drives the gallery");
    }
    if (data.gallery) {
      await setSlider(page, "#explore-generation", 0);
      const first = await drawn(page, "#explore-gallery");
      await setSlider(page, "#explore-generation", last);
      assert.notEqual(await drawn(page, "#explore-gallery"), first, "generations drive the gallery");
    }

    // A value under the pointer.
    await page.locator("#explore-curve").scrollIntoViewIfNeeded();
    const box = await page.locator("#explore-curve .u-over").boundingBox();
    await page.mouse.move(box.x + box.width * 0.97, box.y + box.height * 0.4);
    const tip = page.locator("#explore-curve .tip");
    await tip.waitFor({ state: "visible" });
    const [, setting, generation, value] = (await tip.textContent()).match(/^(.*), generation (\d+): ([−\d.e]+)/);
    const hovered = summary.find(r => r.metric === data.metrics[0].name && r.generation === generation && !["human", "baseline"].includes(r.subject)
      && belongs(r, data.settings.find(s => s.name === setting && !s.control), data.columns));
    close(shown(value), Number(hovered.mean), `under the pointer: ${setting}`);

    // Tables sort.
    const head = page.locator("table.sortable th button").first();
    if (await head.count()) {
      await head.click();
      assert.equal(await page.locator("th[aria-sort=ascending]").count(), 1);
    }
    assert.deepEqual(wrong, []);
    await context.close();
  });

  test(`${name}: light, dark, narrow and printed`, async () => {
    for (const [scheme, width] of [["light", 1100], ["dark", 1100], ["light", 400]]) {
      const { page, context, wrong } = await open(name, scheme, width);
      await page.$$eval("details", all => all.forEach(d => { d.open = true; }));
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => axe.run());
      const serious = violations.filter(v => ["serious", "critical"].includes(v.impact));
      assert.deepEqual(serious.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(" | ")}`), [], `${scheme}, ${width} pixels`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `nothing is wider than ${width} pixels (${wide})`);
      if (process.env.PICTURES) {
        await page.$$eval("details", all => all.forEach(d => { d.open = false; }));
        await page.screenshot({ path: path.join(process.env.PICTURES, `${name}-${scheme}-${width}.png`), fullPage: true });
      }
      if (scheme === "light" && width > 400) {
        await page.emulateMedia({ media: "print" });
        assert.ok(!(await page.locator("#explore").isVisible()), "what can't be used on paper is not printed");
        if (process.env.PICTURES) await page.pdf({ path: path.join(process.env.PICTURES, `${name}.pdf`), format: "A4" });
      }
      assert.deepEqual(wrong, []);
      await context.close();
    }
  });
}
