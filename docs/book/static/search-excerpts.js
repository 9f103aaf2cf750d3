// Search results show where their words stand. The texts lie beside the page (excerpts.js): a page that is opened from a
// folder may fetch nothing.
(function () {
  "use strict";
  const BEFORE = 40, AFTER = 100;
  const results = document.getElementById("search-results");
  const query = (new URLSearchParams(window.location.search).get("q") || "").trim();
  if (!results || !query || !window.EXCERPTS) return;
  const words = [query].concat(query.split(/\s+/), splitQuery(query)).filter(Boolean);

  function excerpt(href) {
    const [page, anchor] = href.split("/").pop().split("#");
    const sections = window.EXCERPTS[decodeURIComponent(page).replace(/\.html.*$/, "")] || [];
    const named = sections.filter((each) => anchor && each[0].includes(decodeURIComponent(anchor)));
    for (const word of words) {
      for (const [, text] of named.concat(sections)) {
        const at = text.toLowerCase().indexOf(word.toLowerCase());
        if (at >= 0) return [text, at, word.length];
      }
    }
    return null;
  }

  function show(item) {
    const link = item.querySelector("a");
    const told = link && !item.querySelector(".excerpt") && excerpt(link.getAttribute("href"));
    if (!told) return;
    const [text, at, length] = told;
    const line = document.createElement("p");
    const mark = document.createElement("mark");
    mark.textContent = text.slice(at, at + length);
    line.className = "excerpt";
    line.append((at > BEFORE ? "…" : "") + text.slice(Math.max(0, at - BEFORE), at), mark);
    line.append(text.slice(at + length, at + length + AFTER) + (at + length + AFTER < text.length ? "…" : ""));
    item.append(line);
  }

  const showAll = () => results.querySelectorAll("ul.search > li").forEach(show);
  new MutationObserver(showAll).observe(results, { childList: true, subtree: true });
  showAll();
})();
