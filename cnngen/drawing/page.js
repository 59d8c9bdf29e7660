"use strict";
// What a box is made from, and its lines in the source, are marked while the mouse rests on it.
const all = (attribute, value) => document.querySelectorAll(`[${attribute}="${value}"]`);
const words = (text) => (text || "").split(" ").filter(Boolean);
function mark(box, on) {
  for (const line of words(box.dataset.lines)) {
    for (const found of all("data-line", line)) {
      found.classList.toggle("shown", on);
      const view = found.closest(".sources").getBoundingClientRect();
      const place = found.getBoundingClientRect();
      if (on && (place.top < view.top || place.bottom > view.bottom)) found.scrollIntoView({ block: "center" });
    }
  }
  for (const tail of words(box.dataset.from)) {
    for (const found of all("data-id", tail)) found.classList.toggle("feeds", on);
  }
}
for (const box of document.querySelectorAll("[data-lines]")) {
  for (const event of ["mouseenter", "focus"]) box.addEventListener(event, () => mark(box, true));
  for (const event of ["mouseleave", "blur"]) box.addEventListener(event, () => mark(box, false));
}
