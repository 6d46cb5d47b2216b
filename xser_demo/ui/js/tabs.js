// Tabs in the browser: the address follows them, Back and Forward work, arrow keys move between them. Names of groups.
(() => {
  const all = () => [...document.querySelectorAll("#tabs [role=tablist] [role=tab][data-tab-id]")];
  const selected = () => all().find((one) => one.getAttribute("aria-selected") === "true")?.dataset.tabId;
  const queries = {};  // of each tab, once its settings were changed
  let shown = null, pressed = false, leaving = false;  // pressed: the tab changes because of Back or Forward
  window.addEventListener("beforeunload", () => { leaving = true; });  // a change of the address would stop it

  const address = (query) => {
    const place = new URL(window.location.href), theme = place.searchParams.get("__theme");
    place.search = query + (theme ? `&__theme=${encodeURIComponent(theme)}` : "");
    place.hash = "";
    return place;
  };
  const asked = () => new URLSearchParams(window.location.search).get("tab") ?? "listen";

  const touring = () => document.querySelector("#tour-end")?.offsetParent;  // a step has a link of its own
  // Called whenever the selected tab may have changed. The first one is what the address asked for.
  const follow = () => {
    const now = selected();
    if (leaving || !now || now === shown) return;
    const first = shown === null;
    shown = now;
    if (!first && !pressed && !touring() && asked() !== now) {
      window.history.pushState({ tab: now }, "", address(queries[now] ?? `tab=${now}`));
    }
    if (!first) window.scrollTo({ top: 0 });  // what is new is at the top of a tab
    pressed = false;
  };
  const settings = (query) => {  // of the selected tab
    const tab = new URLSearchParams(query).get("tab");
    queries[tab] = query;
    if (leaving || tab !== selected()) return;  // another tab was opened meanwhile
    window.history.replaceState(window.history.state, "", address(query));
  };
  window.addEventListener("popstate", () => {
    const tab = all().find((one) => one.dataset.tabId === asked());
    if (!tab || tab.dataset.tabId === selected()) return;
    pressed = true;
    tab.click();
  });

  const KEYS = { ArrowRight: (at, n) => (at + 1) % n, ArrowLeft: (at, n) => (at + n - 1) % n, Home: () => 0, End: (at, n) => n - 1 };
  document.addEventListener("keydown", (event) => {
    const tab = event.target.closest?.("#tabs [role=tablist] [role=tab]"), move = KEYS[event.key];
    if (!tab || !move || event.altKey || event.ctrlKey || event.metaKey) return;
    const visible = all().filter((one) => one.offsetParent);
    const next = visible[move(visible.indexOf(tab), visible.length)];
    if (!next) return;
    event.preventDefault();
    next.click();
    next.focus();
  });

  // Gradio's groups of radio buttons and checkboxes have a label that screen readers do not connect with them.
  const name = () => {
    for (const group of document.querySelectorAll("fieldset:not([aria-label]):not(:has(> legend))")) {
      const label = group.querySelector("[data-testid=block-info]")?.textContent.trim();
      if (label) group.setAttribute("aria-label", label);
    }
  };
  let due = false;
  const look = () => { due = false; follow(); name(); };
  new MutationObserver(() => { if (!due) { due = true; setTimeout(look, 60); } })
    .observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["aria-selected"] });

  window.tabs = { settings, address };
})();
