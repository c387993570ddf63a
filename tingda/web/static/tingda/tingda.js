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
  // In a list each row may have its own; that of the row one is at is meant.
  function press(key) {
    const all = [...document.querySelectorAll("[data-key]")].filter((one) => one.dataset.key === key);
    const row = current() || rows()[0];
    const named = all.find((one) => row && row.contains(one)) || all.find((one) => !one.closest("[data-row]"));
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

  // The choices of a value, in a <details class="choose">: one is open at a time, Esc closes it.
  const opened = () => document.querySelector("details.choose[open]");

  function closed() {
    const one = opened();
    if (!one) return false;
    one.open = false;
    one.querySelector("summary").focus();
    return true;
  }

  function chosen(key) {
    if (key === "Escape") return closed();
    const one = /^[0-9]$/.test(key) && opened() && opened().querySelector(`[data-digit="${key}"]`);
    if (one) one.click();
    return Boolean(one);
  }

  // A long <select> becomes a field that filters: arrows move, Enter takes it and sends the form.
  function filterable(select) {
    const field = document.createElement("input"), list = document.createElement("ul"), none = document.createElement("p");
    const choices = [...select.options].filter((one) => one.value).map((one, index) => {
      const item = document.createElement("li"), group = one.parentElement.label || "";
      item.id = `${select.id}-${index}`;
      item.setAttribute("role", "option");
      item.textContent = one.text;
      const told = document.createElement("small");
      told.textContent = group;
      if (group) item.append(" ", told);
      item.addEventListener("click", () => { select.value = one.value; select.form.requestSubmit(); });
      return { item, value: one.value, words: `${one.text} ${group} ${one.dataset.words || ""}`.toLowerCase() };
    });
    let shown = choices, at = 0;

    function show() {
      list.replaceChildren(...shown.map((one) => one.item));
      list.hidden = !shown.length;
      none.textContent = shown.length ? "" : select.dataset.none;
      shown.forEach((one, index) => one.item.setAttribute("aria-selected", String(index === at)));
      const here = shown[at];
      select.value = here ? here.value : "";
      field.setAttribute("aria-expanded", String(Boolean(here)));
      here ? field.setAttribute("aria-activedescendant", here.item.id) : field.removeAttribute("aria-activedescendant");
      if (here) here.item.scrollIntoView({ block: "nearest" });
    }

    field.addEventListener("input", () => {
      const asked = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      shown = choices.filter((one) => asked.every((word) => one.words.includes(word)));
      at = 0;
      show();
    });
    field.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Enter") {
        event.preventDefault();
        if (shown[at]) select.form.requestSubmit();
      } else if (by && shown.length) {
        event.preventDefault();
        at = (at + by + shown.length) % shown.length;
        show();
      }
    });
    Object.assign(field, { type: "text", id: select.id, autocomplete: "off", spellcheck: false });
    Object.assign(list, { id: `${select.id}-list`, className: "options" });
    Object.assign(none, { className: "small" });
    none.setAttribute("role", "status");
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", select.dataset.list);
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", list.id]]) field.setAttribute(name, value);
    select.removeAttribute("id");
    select.removeAttribute("data-filter");
    select.required = false;
    select.hidden = true;
    select.before(field, list, none);
    show();
  }

  document.addEventListener("toggle", (event) => {
    const one = event.target;
    if (!one.open || !one.matches("details.choose")) return;
    one.querySelectorAll("select[data-filter]").forEach(filterable);
    const first = one.querySelector("div input:not([type=hidden]), div button");
    if (first) first.focus();
    if (first && first.select) first.select();
  }, true);

  document.addEventListener("click", (event) => {
    const summary = event.target.closest("details.choose > summary");
    if (summary) document.querySelectorAll("details.choose[open]").forEach((one) => { if (one !== summary.parentElement) one.open = false; });
  });

  const deeds = { j: () => step(1), k: () => step(-1), x: mark, o: open, "?": keys };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const writing = event.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
    if (writing) {
      if (event.key === "Escape" && !closed()) writing.blur();
      return;
    }
    if (chosen(event.key)) return event.preventDefault();
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
    document.querySelectorAll(".chart:not(.byname):not(.fromleft)").forEach((chart) => { chart.scrollLeft = chart.scrollWidth; });
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

  // A file that is too large is told before it is sent.
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (!field.matches || !field.matches("input[type=file][data-largest]")) return;
    const large = [...field.files].some((file) => file.size > Number(field.dataset.largest));
    field.setCustomValidity(large ? field.dataset.tooLarge : "");
    field.reportValidity();
  });

  addEventListener("DOMContentLoaded", () => {
    counted();
    if (document.querySelector("[data-begin]")) go(rows()[0]);
    // on a telephone the bar is wider than the screen: where one is stays in sight
    const here = document.querySelector(".bar nav [aria-current]");
    if (here) {
      const bar = here.parentElement;
      bar.scrollLeft += Math.max(0, here.getBoundingClientRect().right - bar.getBoundingClientRect().right);
    }
  });
})();

// A passkey that was not used, or cannot be: say so where the person pressed.
document.addEventListener("allauth.error", (event) => {
  const told = document.getElementById("passkey_failed");
  if (!told) return;
  event.preventDefault();
  told.hidden = false;
});
