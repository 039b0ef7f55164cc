// What an officer typed on a file page and did not send is kept in this tab alone, and put back when the page comes
// again: each of its buttons loads it anew. A day later, or for another account, it is forgotten.
"use strict";

{
  const MARK = "jonction.unsent";
  const DAY_MS = 86400000;
  const FIELD = "textarea[data-unsent]";
  const { account } = document.currentScript.dataset;

  const pathOf = (form) => new URL(form.getAttribute("action"), location.href).pathname;
  const keyOf = (field) => [MARK, pathOf(field.form), field.name].join(" ");

  function kept() {
    const found = [];
    for (const key of Object.keys(sessionStorage)) {
      const [mark, path, name] = key.split(" ");
      if (mark !== MARK) continue;
      const words = JSON.parse(sessionStorage.getItem(key));
      if (words.account === account && Date.now() - words.at < DAY_MS) found.push({ key, path, name, ...words });
      else sessionStorage.removeItem(key);
    }
    return found;
  }

  function keep(key, text, isSent) {
    try {
      sessionStorage.setItem(key, JSON.stringify({ text, account, isSent, at: Date.now() }));
    } catch {
      // No room, or not allowed: as without this file.
    }
  }

  // A form that was taken leads to another page; one that was refused is shown where it was sent. A page that came
  // without a redirect is no answer: the line failed, or one came back.
  const isAnswer = performance.getEntriesByType("navigation")[0]?.redirectCount > 0;
  for (const { key, path, text, isSent } of kept()) {
    if (isSent && isAnswer && path !== location.pathname) sessionStorage.removeItem(key);
    else if (isSent) keep(key, text, false);
  }

  // Where a form is fetched once its fold is opened, it is opened first; what was fetched is looked through again.
  const done = new Set();
  function putBack() {
    const fields = [...document.querySelectorAll(FIELD)];
    for (const { key, path, text } of kept()) {
      if (done.has(key)) continue;
      const field = fields.find((one) => keyOf(one) === key);
      if (field) {
        done.add(key);
        if (field.value === field.defaultValue) field.value = text;
        if (field.value !== text) continue;
        for (let fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
        continue;
      }
      for (const fold of document.querySelectorAll("details[data-unsent-of]:not([open], [data-put-back])")) {
        if (fold.dataset.unsentOf !== path) continue;
        fold.dataset.putBack = ""; // officer.js leaves the focus where it is
        fold.open = true;
      }
    }
  }
  putBack();
  document.addEventListener("htmx:load", putBack);

  document.addEventListener("input", ({ target }) => {
    if (!target.matches(FIELD)) return;
    const key = keyOf(target);
    done.add(key);
    if (target.value) keep(key, target.value, false);
    else sessionStorage.removeItem(key);
  });

  document.addEventListener("submit", ({ target, defaultPrevented }) => {
    if (defaultPrevented) return;
    for (const field of target.querySelectorAll(FIELD)) {
      if (field.value) keep(keyOf(field), field.value, true);
    }
  });
}
