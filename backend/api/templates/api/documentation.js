"use strict";

// What Swagger UI leaves unnamed or out of the keyboard's reach, as axe finds it.
const NAMES = {
  ".examples-select-element": "Exemple",
  ".content-type": "Type de contenu",
  ".body-param__text": "Corps de la requête",
  ".parameters select": "Valeur",
};

const mend = (root) => {
  for (const [selector, name] of Object.entries(NAMES)) {
    for (const control of root.querySelectorAll(`${selector}:not([aria-label])`)) {
      control.setAttribute("aria-label", name);
    }
  }
  for (const block of root.querySelectorAll("pre:not([tabindex])")) {
    block.setAttribute("tabindex", "0");
  }
};

const root = document.getElementById("swagger-ui");
new MutationObserver(() => mend(root)).observe(root, { childList: true, subtree: true });

SwaggerUIBundle({
  url: "{{ schema_url|escapejs }}",
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  ...{{ settings|safe }},
});
