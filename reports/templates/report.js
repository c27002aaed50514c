// SPDX-License-Identifier: Apache-2.0
// Theme, sorting, what a chart says under the pointer, where the reader is. Without it the page still reads and prints.
"use strict";

const THEMES = ["system", "light", "dark"];

function setTheme(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  document.getElementById("theme").textContent = `Theme: ${theme}`;
}

function startTheme() {
  let theme = "system";
  try { theme = localStorage.getItem("krait-theme") || theme; } catch { /* files may have no storage */ }
  setTheme(THEMES.includes(theme) ? theme : "system");
  document.getElementById("theme").addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme || "system") + 1) % THEMES.length];
    setTheme(next);
    try { localStorage.setItem("krait-theme", next); } catch { /* as above */ }
  });
}

const amount = (text) => parseFloat(text.replace(/[\s,\u202f]/g, "").replace(/^[^\d.+-]+/, ""));

function compare(number) {
  if (!number) return (a, b) => a.localeCompare(b, undefined, { numeric: true });
  return (a, b) => (isNaN(a) - isNaN(b)) || a - b;
}

function sortBy(head) {
  const table = head.closest("table");
  const index = head.cellIndex;
  const number = head.classList.contains("n");
  const down = head.getAttribute("aria-sort") === "ascending";
  const key = (row) => (number ? amount(row.cells[index].textContent) : row.cells[index].textContent);
  const rows = [...table.tBodies[0].rows].map((row) => [key(row), row]);
  const order = compare(number);
  const empty = (a) => (number ? isNaN(a) : a === "");
  rows.sort(([a], [b]) => (empty(a) - empty(b)) || (down ? order(b, a) : order(a, b)));
  table.tHead.querySelectorAll("th[aria-sort]").forEach((each) => each.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  table.tBodies[0].append(...rows.map(([, row]) => row));
}

function startTables() {
  for (const head of document.querySelectorAll("table.sortable th")) {
    if (!head.textContent.trim()) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sortBy(head));
    head.append(button);
  }
}

function startChart(figure) {
  const plot = figure.querySelector("svg");
  const tip = figure.querySelector(".tip");
  const ring = plot.querySelector(".found");
  let marks = null;
  let at = -1;

  const load = () => (marks ||= JSON.parse(figure.querySelector("script").textContent));
  function show(index) {
    const [x, y, text] = load()[index];
    at = index;
    ring.setAttribute("cx", x);
    ring.setAttribute("cy", y);
    ring.removeAttribute("visibility");
    tip.textContent = text;
    tip.hidden = false;
    const box = plot.viewBox.baseVal;
    tip.style.top = `${plot.offsetTop + (plot.clientHeight || plot.getBoundingClientRect().height) * (y / box.height) + 12}px`;
    tip.style[x < box.width / 2 ? "left" : "right"] = `${100 * (x < box.width / 2 ? x / box.width : 1 - x / box.width)}%`;
    tip.style[x < box.width / 2 ? "right" : "left"] = "auto";
  }
  function hide() {
    tip.hidden = true;
    ring.setAttribute("visibility", "hidden");
  }
  function nearest(event) {
    const box = plot.getBoundingClientRect();
    const zoom = plot.viewBox.baseVal.width / box.width;
    const x = (event.clientX - box.left) * zoom;
    const y = (event.clientY - box.top) * zoom;
    let best = 0;
    let least = Infinity;
    load().forEach(([a, b], i) => {
      const far = (a - x) ** 2 + (b - y) ** 2;
      if (far < least) [best, least] = [i, far];
    });
    if (least < Infinity) show(best);
  }
  function step(event) {
    const last = load().length - 1;
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: last }[event.key];
    if (event.key === "Escape") hide();
    if (to === undefined || last < 0) return;
    event.preventDefault();
    show(Math.min(Math.max(to, 0), last));
  }
  plot.addEventListener("pointermove", nearest);
  plot.addEventListener("pointerleave", hide);
  plot.addEventListener("keydown", step);
  plot.addEventListener("blur", hide);
}

function startBars(figure) {
  const tip = figure.querySelector(".tip");
  figure.addEventListener("pointermove", (event) => {
    const part = event.target.closest(".bar i");
    tip.hidden = !part;
    if (!part) return;
    const box = figure.getBoundingClientRect();
    tip.textContent = part.dataset.text;
    tip.style.top = `${event.clientY - box.top + 14}px`;
    tip.style.left = `${Math.min(event.clientX - box.left, box.width - 200)}px`;
  });
  figure.addEventListener("pointerleave", () => { tip.hidden = true; });
}

function startPlace() {
  const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((each) => each.isIntersecting)) {
      links.forEach((link) => link.removeAttribute("aria-current"));
      links.get(entry.target.id)?.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-10% 0px -80% 0px" });
  document.querySelectorAll("main > section").forEach((section) => seen.observe(section));
}

function startPrint() {
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((each) => { each.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((each) => { each.open = false; }));
}

startTheme();
startTables();
document.querySelectorAll("figure.chart").forEach(startChart);
document.querySelectorAll("figure.bars").forEach(startBars);
startPlace();
startPrint();
