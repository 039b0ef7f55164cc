// Single-key shortcuts of the officers' pages. Everything they do can be done with Tab and Enter; a switch turns them
// off for good, as people who dictate need (WCAG 2.1.4).
"use strict";

const OFF = "jonction.shortcuts-off";
const help = document.querySelector("[data-shortcuts]");
const toggle = document.querySelector("[data-shortcuts-switch]");
let active = localStorage.getItem(OFF) === null;

function show() {
  toggle.setAttribute("aria-pressed", String(active));
  toggle.textContent = active ? "Raccourcis actifs" : "Raccourcis arrêtés";
}

if (help && toggle) {
  help.hidden = false;
  show();
  toggle.addEventListener("click", () => {
    active = !active;
    if (active) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
    show();
  });
}

// Rows of the queue, or schemes of a file.
const stops = [...document.querySelectorAll("[data-row], article.scheme[tabindex]")];

function current() {
  const focused = document.activeElement;
  return stops.findIndex((stop) => stop === focused || stop.contains(focused));
}

function move(step) {
  if (!stops.length) return;
  const next = Math.min(Math.max(current() + step, 0), stops.length - 1);
  reach(stops[current() === -1 ? 0 : next]);
}

function reach(stop) {
  const fold = stop.closest("details");
  if (fold) fold.open = true;
  stop.focus();
  stop.scrollIntoView({ block: "start" });
}

// What a key presses: in the scheme that has focus first, then on the page.
function press(key) {
  const stop = stops[current()];
  const selector = `[data-key="${CSS.escape(key)}"]`;
  const target = stop?.querySelector(selector) ?? document.querySelector(`${selector}:not(article *)`);
  if (!target) return false;
  if (target.tagName === "SUMMARY") {
    const fold = target.parentElement;
    fold.open = true;
    (fold.querySelector("select, textarea, input:not([type=hidden]), button") ?? target).focus();
  } else if (target.matches("input[type=search]")) {
    target.focus();
  } else {
    target.click();
  }
  return true;
}

document.addEventListener("keydown", (event) => {
  if (!active || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    const stop = document.activeElement.closest("article.scheme[tabindex]");
    if (stop) stop.focus();
    return;
  }
  if (event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select")) return;
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (!press(event.key)) return;
  event.preventDefault();
});

// A form that was fetched by a key: the next key is typed in it.
document.body.addEventListener("htmx:afterSwap", (event) => {
  const fold = event.target.closest("details");
  if (fold?.contains(document.activeElement) || document.activeElement === document.body) {
    event.target.querySelector("form.set-aside select")?.focus();
  }
});

// Back from a decision: the scheme decided on has focus, and the next key goes on from there.
if (location.hash.startsWith("#d-")) {
  const stop = document.getElementById(location.hash.slice(1));
  if (stop?.matches("article.scheme[tabindex]")) reach(stop);
}
