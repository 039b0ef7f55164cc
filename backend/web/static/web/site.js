// Small comforts. Every page works without this file.
"use strict";

// A print button is of no use without JavaScript: it stays hidden until here.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// A text to paste elsewhere: in one tap. Without JavaScript, or where the browser refuses, it is selected by hand.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copy);
    getSelection().selectAllChildren(text);
    const copied = await navigator.clipboard?.writeText(text.textContent).then(() => true, () => false);
    button.nextElementSibling.textContent = copied ? "Copié." : "Texte choisi : copiez-le avec Ctrl+C.";
  });
}

// What went wrong is read first, on a new page or after a swap by htmx.
function focusErrors(root) {
  root.querySelector(".error-summary")?.focus();
}
focusErrors(document);
document.addEventListener("htmx:afterSwap", (event) => focusErrors(event.target));

// What htmx could not fetch or send is said where it was asked; what was typed stays.
const RELOAD = "Copiez ce que vous avez écrit, rechargez la page, puis recommencez.";
const FAILED = {
  403: `Refusé : la page est ouverte depuis trop longtemps, ou sans cookie. Rien n’a été enregistré. ${RELOAD}`,
  404: "Ce n’est plus là, ou plus à vous. Rechargez la page.",
  429: "Trop de demandes d’affilée : attendez une minute, puis réessayez.",
};
function sayFailed(event) {
  const { xhr, target } = event.detail;
  const box = document.createElement("p");
  box.className = "alert alert-danger";
  box.setAttribute("role", "alert");
  box.dataset.failed = "";
  box.textContent = FAILED[xhr.status] ?? `Pas de réponse : nous ne savons pas si c’est enregistré. ${RELOAD}`;
  document.querySelector("[data-failed]")?.remove();
  target.before(box);
}
document.addEventListener("htmx:responseError", sayFailed);
document.addEventListener("htmx:sendError", sayFailed);
document.addEventListener("htmx:beforeRequest", () => document.querySelector("[data-failed]")?.remove());

// On a slow line one may open a part before htmx is there to fetch it: it is then fetched late, but it is.
document.addEventListener("htmx:load", (event) => {
  for (const part of event.target.querySelectorAll("details[open][hx-trigger='toggle once']")) {
    htmx.trigger(part, "toggle");
  }
});

// A security key that was not shown, or not the right one.
document.addEventListener("allauth.error", () => {
  const box = document.querySelector("[data-key-error]");
  if (!box) return;
  box.hidden = false;
  box.focus();
});

// Who signs out leaves nothing typed in this tab.
document.addEventListener("submit", (event) => {
  if (event.target.matches("form[action$='/compte/deconnexion/']")) sessionStorage.clear();
});

// A form is sent once, however often one clicks. Forms that htmx sends use hx-disabled-elt instead.
const SENDING = "Envoi…";
const WAIT_MS = 10000; // then the connection failed or was stopped: one may try again
const sent = new Map(); // button -> its own children

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.target) return;
  // Once the browser has read the form: a disabled button would lose its name and value.
  setTimeout(() => {
    for (const button of form.elements) {
      if (button.tagName !== "BUTTON" || button.type !== "submit" || button.disabled) continue;
      sent.set(button, [...button.childNodes]);
      if (button === event.submitter) button.replaceChildren(SENDING);
      button.disabled = true;
    }
    setTimeout(restore, WAIT_MS);
  });
});

function restore() {
  for (const [button, children] of sent) {
    button.replaceChildren(...children);
    button.disabled = false;
  }
  sent.clear();
}

// Back from the next page: the browser may show this one as it was left.
window.addEventListener("pageshow", restore);
