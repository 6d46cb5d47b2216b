// Saves figures as PNG or SVG: two small buttons in the corner, visible under the mouse or with keyboard focus.
(() => {
  const INK = "#27272a";
  // Layout in pixels; a PNG has 3.2 times as many, 2560 x 1440, which is 1280 x 720 at scale 2 but with letters that are
  // legible from the back row.
  const WIDTH = 800, HEIGHT = 450, SCALE = 3.2;
  const MAX_NAMES = 12; // in a legend

  // Figures on the page are transparent with grey text, for the light and the dark theme; saved ones are dark on white.
  const onPaper = (plot) => {
    const { data, layout } = plot;
    const inked = (part) => ({ ...part, font: { ...part?.font, color: INK } });
    const paper = {
      ...layout,
      paper_bgcolor: "#ffffff",
      plot_bgcolor: "#ffffff",
      font: { ...layout.font, color: INK },
      width: undefined,
      height: undefined,
      autosize: false,
      margin: { ...layout.margin, l: Math.max(layout.margin?.l ?? 0, 24), r: Math.max(layout.margin?.r ?? 0, 24) },
    };
    if (layout.title) {
      paper.title = inked(typeof layout.title === "string" ? { text: layout.title } : layout.title);
      if (paper.title.xref === "container" && !paper.title.x) paper.title.x = 0.02;
    }
    for (const key of Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name))) {
      const { color, ...axis } = layout[key];
      paper[key] = { ...axis, tickfont: { ...axis.tickfont, color: INK } };
      if (axis.title) paper[key].title = inked(typeof axis.title === "string" ? { text: axis.title } : axis.title);
    }
    if (layout.annotations) {
      paper.annotations = layout.annotations.map((note) => (note.bgcolor ? note : inked(note)));
    }
    // On the page two maps share a legend; a saved picture needs its own.
    const named = new Set(data.filter((one) => one.name && one.showlegend !== false).map((one) => one.name));
    if (named.size > 1 && named.size <= MAX_NAMES) {
      paper.showlegend = true;
      paper.legend = { orientation: "h", x: 0, y: -0.06, yanchor: "top", ...layout.legend };
      paper.legend.font = { ...layout.legend?.font, color: INK };
    }
    return { data, layout: paper };
  };

  const plain = (text) => (text ?? "").replace(/<[^>]*>/g, " ");

  const fileName = (box, plot) => {
    const title = plot.layout.title?.text ?? "";
    const words = `${box.id} ${plain(title)}`.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "-");
    return `xser-${words.replace(/^-+|-+$/g, "").slice(0, 60)}`;
  };

  const save = (box, format) => {
    const plot = box.querySelector(".js-plotly-plot");
    if (!plot || !window.Plotly) return;
    const size = { format, width: WIDTH, height: HEIGHT, filename: fileName(box, plot) };
    window.Plotly.downloadImage(onPaper(plot), format === "png" ? { ...size, scale: SCALE } : size);
  };

  const addButtons = (box) => {
    const title = plain(box.querySelector(".js-plotly-plot")?.layout?.title?.text).trim() || "figure";
    let bar = box.querySelector(":scope > .x-save");
    if (!bar) {
      bar = document.createElement("div");
      bar.className = "x-save";
      for (const format of ["png", "svg"]) {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = format.toUpperCase();
        button.addEventListener("click", () => save(box, format));
        bar.append(button);
      }
      box.append(bar);
    }
    for (const button of bar.children) button.setAttribute("aria-label", `Save as ${button.textContent}: ${title}`);
  };

  const update = () => {
    for (const box of document.querySelectorAll(".x-plot")) {
      const plot = box.querySelector(".js-plotly-plot");
      if (plot?.layout) addButtons(box);
      else box.querySelector(":scope > .x-save")?.remove();
    }
  };

  let waiting = false; // a training run changes the page many times a second
  const schedule = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => { waiting = false; update(); }, 500);
  };
  const begin = () => new MutationObserver(schedule).observe(document.body, { childList: true, subtree: true });
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
})();
