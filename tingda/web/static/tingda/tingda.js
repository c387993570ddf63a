// The keys, the words of a chart, and nothing that a page needs in order to work.
"use strict";
(() => {
  const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => (row.checkVisibility ? row.checkVisibility() : row.offsetParent));
  const current = () => document.querySelector("[data-row].at");

  function go(row) {
    if (!row) return;
    const before = current();
    if (before) before.classList.remove("at");
    row.classList.add("at");
    const link = row.querySelector("[data-open]") || row.querySelector("a[href]");
    if (link) link.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  function step(by) {
    const all = rows();
    const at = all.indexOf(current());
    go(at < 0 ? all[0] : all[Math.min(all.length - 1, Math.max(0, at + by))]);
  }

  function mark() {
    const box = current() && current().querySelector("input[type=checkbox]");
    if (box) box.click();
  }

  function open() {
    const link = current() && current().querySelector("[data-open], a[href]");
    if (link) link.click();
  }

  // An element says which key it answers to: <a data-key="c">; a field is entered, the rest pressed.
  function press(key) {
    const named = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key);
    if (!named || named.disabled) return false;
    if (named.matches("input:not([type=submit]), textarea, select")) {
      named.focus();
      if (named.select) named.select();
    } else named.click();
    return true;
  }

  function keys() {
    const list = document.getElementById("keys");
    if (list && list.showModal) list.open ? list.close() : list.showModal();
  }

  const deeds = { j: () => step(1), k: () => step(-1), x: mark, o: open, "?": keys };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const writing = event.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
    if (writing) {
      if (event.key === "Escape") writing.blur();
      return;
    }
    if (document.querySelector("dialog[open]") && event.key !== "?") return;
    if (event.key === "Enter" && event.target === document.body && current()) open();
    else if (deeds[event.key]) deeds[event.key]();
    else if (!press(event.key)) return;
    event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-keys]")) keys();
    const all = event.target.closest("input[data-all]");
    if (all) document.querySelectorAll(`input[name="${all.dataset.all}"]`).forEach((box) => { box.checked = all.checked; });
  });
  // Another's site is asked without haste: who waits is told so.
  document.addEventListener("submit", (event) => {
    const told = event.target.querySelector("[data-waits]");
    if (told) told.hidden = false;
  });
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-row]");
    if (row && row !== current()) {
      if (current()) current().classList.remove("at");
      row.classList.add("at");
    }
  });

  // How many are marked; nothing to press while there are too few.
  function counted() {
    document.querySelectorAll("[data-needs]").forEach((button) => {
      const marked = button.form ? button.form.querySelectorAll("[data-row] input[type=checkbox]:checked").length : 0;
      button.disabled = marked < Number(button.dataset.needs);
      const said = button.querySelector("[data-count]");
      if (said) said.textContent = marked ? ` ${marked}` : "";
    });
  }
  document.addEventListener("change", counted);
  addEventListener("pageshow", counted);

  // Words of a mark: of a chart (aria-label) or of a marked word (title), by mouse and by keyboard.
  let tip = null;
  function say(text, box) {
    hush();
    if (!text) return;
    tip = document.createElement("div");
    tip.className = "tip";
    tip.textContent = text;
    document.body.append(tip);
    const size = tip.getBoundingClientRect();
    const left = box.left + box.width / 2 - size.width / 2;
    tip.style.left = `${Math.max(4, Math.min(innerWidth - size.width - 4, left))}px`;
    tip.style.top = `${box.top > size.height + 10 ? box.top - size.height - 6 : box.bottom + 6}px`;
  }
  function hush() {
    if (tip) tip.remove();
    tip = null;
  }
  const marksOf = (chart) => [...chart.querySelectorAll("[role=graphics-symbol][aria-label]")];
  const marked = (node) => node.closest && node.closest(".chart [role=graphics-symbol][aria-label]");

  document.addEventListener("pointerover", (event) => {
    const one = marked(event.target);
    if (one) say(one.getAttribute("aria-label"), one.getBoundingClientRect());
  });
  document.addEventListener("pointerout", (event) => marked(event.target) && hush());
  document.addEventListener("focusin", (event) => {
    if (event.target.matches("mark[title]")) say(event.target.title, event.target.getBoundingClientRect());
  });
  document.addEventListener("focusout", (event) => {
    hush();
    if (event.target.matches(".chart")) marksOf(event.target).forEach((one) => one.classList.remove("at"));
  });
  addEventListener("scroll", hush, { passive: true });
  // On a narrow screen a chart scrolls by itself; its newest day is what one looks for first.
  document.addEventListener("htmx:afterSettle", () => {
    document.querySelectorAll(".chart").forEach((chart) => { chart.scrollLeft = chart.scrollWidth; });
  });

  // A chart is one stop of the Tab key; the arrows walk along its marks.
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches || !event.target.matches(".chart")) return;
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const all = marksOf(event.target);
    if (event.key === "Escape") hush();
    if (!by || !all.length) return;
    event.preventDefault();
    const at = all.findIndex((one) => one.classList.contains("at"));
    if (at >= 0) all[at].classList.remove("at");
    const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
    next.classList.add("at");
    say(next.getAttribute("aria-label"), next.getBoundingClientRect());
  });

  addEventListener("DOMContentLoaded", counted);
})();
