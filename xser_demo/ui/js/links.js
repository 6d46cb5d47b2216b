// Links, sessions and the lecture in the browser: selected tab, clipboard, address bar, keyboard focus.
(() => {
  const tab = () =>
    document.querySelector("#tabs [role=tab][aria-selected=true]")?.dataset.tabId ?? "listen";

  const say = (text) => {
    const button = document.querySelector("#copy-link");
    let status = document.querySelector("#link-said");
    if (!status) {
      status = document.createElement("span");
      status.id = "link-said";
      status.setAttribute("role", "status");
      button.before(status);
    }
    status.textContent = text;
    clearTimeout(say.timer);
    say.timer = setTimeout(() => { status.textContent = ""; }, 6000);
  };

  // The address bar always gets the link; the clipboard only where the browser allows it.
  const copy = async (query) => {
    const address = window.tabs.address(query);
    window.tabs.settings(query);
    const alone = /^(localhost|127\.|\[::1\])/.test(address.hostname) ? " Only this computer can open it." : "";
    try {
      await navigator.clipboard.writeText(address.href);
      say(`Link copied.${alone}`);
    } catch {
      say(`The link is in the address bar.${alone}`);
    }
  };

  // A step of the tour starts at the top of the page; the focus stays on the strip.
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

  // The id of the visit, to find its data again after a lost connection. It is deleted with the browser tab.
  const before = () => {
    try { return sessionStorage.getItem("visit") ?? ""; } catch { return ""; }
  };
  const cameBack = (visit, work) => {
    try { sessionStorage.setItem("visit", visit); } catch { /* storage is denied in some iframes */ }
    if (!work) return;
    const press = (left) => {  // until its tab is open
      const button = document.querySelector(`#${work}-again`);
      if (button) button.click();
      else if (left) setTimeout(press, 100, left - 1);
    };
    press(300);
  };

  const end = () => document.querySelector("#tabs [role=tab][aria-selected=true]")?.focus();

  window.links = { tab, copy, step, end, before, cameBack };
})();
