"use strict";
// Without this script every finding stands in a <noscript> and shows. With it the browser keeps those as text, and only the
// rows that somebody looks at become elements: 100,000 findings open as fast as ten.
(() => {
  const PAGE = 100;
  const SLICE_MS = 25;
  const words = document.body.dataset;
  const filters = document.getElementById("filters");
  const shown = document.getElementById("shown");
  const field = (id) => document.getElementById(id);

  const requirements = [...document.querySelectorAll(".requirement")].map((element) => {
    const noscript = element.querySelector("noscript");
    const text = noscript ? noscript.textContent : "";
    const starts = [];
    const statuses = [];
    const regions = [];
    const row = /<li class="f" data-s="([a-z_]+)" data-r="([^"]*)">/g;
    for (let found = row.exec(text); found; found = row.exec(text)) {
      starts.push(found.index);
      statuses.push(found[1]);
      regions.push(found[2]);
    }
    const end = text.lastIndexOf("</ul>");
    let list = null;
    if (noscript) {
      list = document.createElement("ul");
      list.className = "rows";
      noscript.replaceWith(list);
    }
    const { key, service } = element.dataset;
    return { element, list, text, starts, statuses, regions, end, key, service, matches: [], rendered: 0 };
  });
  const all = requirements.reduce((sum, one) => sum + one.starts.length, 0);

  // The text of the rows is escaped, so that what is looked for must be.
  const escape = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  const rowText = (one, n) => one.text.slice(one.starts[n], one.starts[n + 1] ?? one.end);
  const wordsOf = (one, n) => rowText(one, n).replace(/<[^>]*>/g, " ").toLowerCase();
  const fill = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  const render = (one) => {
    if (!one.list || !one.element.open) return;
    const upTo = Math.min(one.matches.length, one.rendered + PAGE);
    const rows = one.matches.slice(one.rendered, upTo).map((n) => rowText(one, n));
    // Made by the report's own template, which has escaped every value.
    one.list.insertAdjacentHTML("beforeend", rows.join(""));
    one.rendered = upTo;
    one.element.querySelector(".more")?.remove();
    const left = one.matches.length - upTo;
    if (left > 0) {
      const more = document.createElement("button");
      more.type = "button";
      more.className = "more";
      more.textContent = fill(words.more, { n: left });
      more.addEventListener("click", () => {
        const first = one.list.children.length;
        render(one);
        const next = one.list.children[first];
        next.tabIndex = -1;
        next.focus();
      });
      one.list.after(more);
    }
  };

  const empty = (one) => {
    if (one.list) one.list.textContent = "";
    one.rendered = 0;
    one.element.querySelector(".more")?.remove();
  };

  let run = 0;
  const apply = async () => {
    const mine = ++run;
    const wanted = new Set([...filters.querySelectorAll("[name=status]:checked")].map((box) => box.value));
    const [region, service, key] = ["region", "service", "recommendation"].map((id) => escape(field(id).value));
    const search = escape(field("search").value.trim()).toLowerCase();
    const raw = { service: field("service").value, key: field("recommendation").value };
    const filtered = search || region || service || key || wanted.size < 5;
    let count = 0;
    let since = performance.now();
    for (const one of requirements) {
      const here = (!raw.service || one.service === raw.service) && (!raw.key || one.key === raw.key);
      const heading = search && escape(one.element.firstElementChild.textContent).toLowerCase().includes(search);
      const matches = [];
      for (let n = 0; here && n < one.starts.length; n++) {
        if (n % 256 === 0 && performance.now() - since > SLICE_MS) {
          await new Promise((resume) => setTimeout(resume));
          if (mine !== run) return;
          since = performance.now();
        }
        if (!wanted.has(one.statuses[n]) || (region && one.regions[n] !== region)) continue;
        if (search && !heading && !wordsOf(one, n).includes(search)) continue;
        matches.push(n);
      }
      one.matches = matches;
      count += matches.length;
      empty(one);
      one.element.hidden = filtered && matches.length === 0;
      render(one);
    }
    for (const section of document.querySelectorAll(".section")) {
      section.hidden = !section.querySelector(".requirement:not([hidden])");
    }
    shown.textContent = count === 0 && all > 0 ? words.none : fill(words.shown, { n: count, all });
  };

  for (const one of requirements) {
    one.element.addEventListener("toggle", () => {
      if (one.element.open && one.rendered === 0) render(one);
    });
  }
  let waiting = 0;
  filters.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 120);
  });
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.addEventListener("reset", () => setTimeout(apply));
  addEventListener("beforeprint", () => {
    for (const one of requirements) {
      if (!one.element.hidden && one.matches.length > 0) {
        one.element.open = true;
        if (one.rendered === 0) render(one);
      }
    }
  });
  filters.hidden = false;
  apply();
})();
