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
  for (const told of document.querySelectorAll("[data-shortcuts-told]")) told.hidden = false;
  show();
  // The list is read where one is: closed, it gives the focus back.
  document.querySelector('[data-key="?"]').addEventListener("click", () => help.showModal());
  toggle.addEventListener("click", () => {
    active = !active;
    if (active) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
    show();
  });
}

// Rows of the queue, or schemes of a file; of one that is not fetched yet, its line.
const STOP = "[data-row], article.scheme[tabindex], .scheme-line:not(:has(article)) > summary";
let stops = [];

function current() {
  stops = [...document.querySelectorAll(STOP)];
  const focused = document.activeElement;
  return stops.findIndex((stop) => stop === focused || stop.contains(focused));
}

function move(step) {
  const here = current();
  if (!stops.length) return;
  reach(stops[here === -1 ? 0 : Math.min(Math.max(here + step, 0), stops.length - 1)]);
}

// What is folded around something, and around that, opens.
function unfold(inside) {
  for (let fold = inside.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
}

function reach(stop) {
  unfold(stop);
  stop.focus();
  stop.scrollIntoView({ block: "start" });
}

// What a key presses: in the scheme that has focus first, then on the page.
function press(key) {
  const here = current();
  const stop = stops[here];
  const selector = `[data-key="${CSS.escape(key)}"]`;
  const target = stop?.querySelector(selector) ?? document.querySelector(`${selector}:not(article *)`);
  if (!target) return false;
  unfold(target);
  if (target.tagName === "SUMMARY") {
    const fold = target.parentElement;
    (fold.querySelector("select, textarea, input:not([type=hidden]), button") ?? target).focus();
  } else if (target.matches("input[type=search]")) {
    target.focus();
  } else {
    target.click();
  }
  return true;
}

document.addEventListener("keydown", (event) => {
  if (!active || help?.open || event.ctrlKey || event.metaKey || event.altKey) return;
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

// What was fetched: a scheme has focus, or the form that is to be filled in; the next key is for it.
const FIELD = "select, textarea, input:not([type=hidden])";
document.body.addEventListener("htmx:afterSettle", (event) => {
  const part = event.detail.elt;
  const fold = part.closest("details");
  if (fold?.hasAttribute("data-put-back")) return; // opened by unsent.js
  if (!fold?.contains(document.activeElement) && document.activeElement !== document.body) return;
  const scheme = part.querySelector("article.scheme[tabindex]");
  if (scheme) reach(scheme);
  else (part.matches("form") ? part : part.querySelector("form:has(.actions)"))?.querySelector(FIELD)?.focus();
});

// The note of a call leads to the file: the answers that stand unsaved above it are sent first, and where one is
// refused the note waits.
const following = new WeakSet();
const isChanged = ({ type, checked, defaultChecked, value, defaultValue, options, selectedIndex }) => {
  if (options) return selectedIndex !== Math.max(0, [...options].findIndex((option) => option.defaultSelected));
  return type === "radio" || type === "checkbox" ? checked !== defaultChecked : value !== defaultValue;
};
const unsavedAnswers = () => {
  const answers = document.querySelector("#fiche-appel form");
  return answers && [...answers.querySelectorAll("input, select, textarea")].some(isChanged) ? answers : null;
};
let isSending = false; // a form leads away by itself: what it holds is not lost
document.addEventListener("submit", (event) => {
  const answers = unsavedAnswers();
  const note = event.target;
  isSending = true;
  if (!answers || note === answers || following.has(note)) return;
  event.preventDefault();
  const follow = ({ detail }) => {
    if (detail.xhr.status !== 200) return;
    following.add(note);
    note.requestSubmit();
  };
  document.body.addEventListener("htmx:afterRequest", follow, { once: true });
  answers.requestSubmit();
});

// Any other way out of the sheet (the way back, a scheme, a closed tab) would lose them: the browser asks first.
addEventListener("beforeunload", (event) => {
  if (!isSending && unsavedAnswers()) event.preventDefault();
});
for (const ended of ["htmx:afterSwap", "htmx:sendError", "htmx:responseError"]) {
  document.body.addEventListener(ended, () => (isSending = false));
}

// Back from a decision, or led to a scheme: it has focus, and the next key goes on from there. Back from a form of a
// part that is fetched: the part is open again, with all that is folded around it.
function arrive() {
  const target = document.getElementById(location.hash.slice(1));
  if (!target) return;
  if (target.matches(".scheme-line")) reach(target.querySelector("article.scheme[tabindex], summary"));
  else if (target.matches("article.scheme[tabindex]")) reach(target);
  else {
    const fold = target.querySelector(":scope > details");
    if (fold) fold.open = true;
    if (!target.closest("details:not([open])")) return;
    unfold(target);
    target.scrollIntoView({ block: "start" });
  }
}

arrive();
addEventListener("hashchange", arrive);
