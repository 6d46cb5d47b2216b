// Links, visits and the lecture, in the browser: which tab is selected, the clipboard, the address bar, the focus.
(() => {
  const tab = () =>
    document.querySelector("#tabs [role=tab][aria-selected=true]")?.dataset.tabId ?? "listen";

  const say = (text) => {
    const button = document.querySelector("#copy-link");
    let said = document.querySelector("#link-said");
    if (!said) {
      said = document.createElement("span");
      said.id = "link-said";
      said.setAttribute("role", "status");
      button.before(said);
    }
    said.textContent = text;
    clearTimeout(say.timer);
    say.timer = setTimeout(() => { said.textContent = ""; }, 6000);
  };

  // The address bar always has the link; the clipboard only where the browser allows it.
  const copy = async (query) => {
    const address = new URL(window.location.href);
    const look = address.searchParams.get("__theme");
    address.search = query + (look ? `&__theme=${encodeURIComponent(look)}` : "");
    address.hash = "";
    window.history.replaceState(window.history.state, "", address);
    try {
      await navigator.clipboard.writeText(address.href);
      say("Link copied.");
    } catch {
      say("The link is in the address bar.");
    }
  };

  // A step of the tour begins at the top; the keyboard stays on the strip.
  const step = (start) => {
    window.scrollTo({ top: 0 });
    const lost = document.activeElement === document.body || document.activeElement?.disabled;
    if (start || lost) {
      const wait = (left) => {
        const button = document.querySelector("#tour-next:not([disabled]), #tour-end");
        if (button?.offsetParent) button.focus();
        else if (left) setTimeout(wait, 100, left - 1);
      };
      wait(20);
    }
  };

  // The name of the visit, so that what belongs to it is found again after a lost connection. It goes with the tab.
  const before = () => {
    try { return sessionStorage.getItem("visit") ?? ""; } catch { return ""; }
  };
  const cameBack = (visit, work) => {
    try { sessionStorage.setItem("visit", visit); } catch { /* storage is denied in some iframes */ }
    if (!work) return;
    const press = (left) => {  // its tab is being opened
      const button = document.querySelector(`#${work}-again`);
      if (button) button.click();
      else if (left) setTimeout(press, 100, left - 1);
    };
    press(300);
  };

  const end = () => document.querySelector("#tabs [role=tab][aria-selected=true]")?.focus();

  window.links = { tab, copy, step, end, before, cameBack };
})();
