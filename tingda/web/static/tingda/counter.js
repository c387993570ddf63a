"use strict";
/* Says how much is written in a field and how much fits. Without it the limit stands there as text. */
document.querySelectorAll("[data-counter]").forEach((field) => {
  const place = document.getElementById(field.dataset.counter);
  if (!place || field.maxLength < 0) return;
  const say = () => {
    const words = { "%(n)s": field.value.length, "%(most)s": field.maxLength };
    place.textContent = place.dataset.words.replace(/%\(\w+\)s/g, (name) => words[name]);
  };
  field.addEventListener("input", say);
  say();
});
