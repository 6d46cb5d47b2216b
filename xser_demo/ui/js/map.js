// The bar above the two maps, and what links them. A clip is known by its row, which every point carries as customdata;
// the ring and the region therefore stand on both maps, and come back when the server draws a map anew.
const all = selector => [...document.querySelectorAll(selector)];
const maps = () => all('#map-before .js-plotly-plot, #map-after .js-plotly-plot').filter(g => g.calcdata && g.on);
const checked = name => element.querySelector(`input[name=${name}]:checked`)?.value;
const NEAR = 40;  // clips around the chosen one
let clips = null, ring = null, region = null;

const traces = g => g.data.map((trace, number) => [number, trace.customdata]).filter(([, rows]) => rows);
const place = (g, row) => {
  for (const [number, rows] of traces(g)) {
    const at = Array.from(rows).indexOf(row), point = at >= 0 && g.calcdata[number].find(p => p.i === at);
    if (point) return point;
  }
};
const encircle = g => {
  const point = ring === null ? null : place(g, ring), number = g.data.findIndex(trace => trace.meta === 'ring');
  if (number >= 0) Plotly.restyle(g, {x: [point ? [point.x] : []], y: [point ? [point.y] : []]}, [number]);
};
const mark = () => {
  maps().forEach(encircle);
  element.querySelector('[data-near]').disabled = ring === null;
};
const highlight = g => {
  const known = region && new Set(region), found = traces(g);
  const chosen = found.map(([, rows]) => known
    ? Array.from(rows).flatMap((row, at) => known.has(row) ? [at] : []) : null);
  Plotly.restyle(g, {selectedpoints: chosen}, found.map(([number]) => number));
  if (!region && g.layout.selections?.length) Plotly.relayout(g, {selections: []});
};
const arm = g => {
  const tool = checked('x-tool');
  Plotly.relayout(g, {dragmode: tool === 'lasso' || tool === 'select' ? tool : false});
};
const select = rows => {
  region = rows.length ? rows : null;
  maps().forEach(highlight);
  trigger('select', {index: rows, value: 'region'});
};

// A region without a pointer: what lies around the chosen clip on the first map that is seen.
const near = () => {
  const g = maps().find(one => one.closest(checked('x-side') === 'after' ? '#map-after' : '#map-before'));
  const middle = g && ring !== null && place(g, ring);
  if (!middle) return;
  const found = traces(g).flatMap(([number, rows]) =>
    g.calcdata[number].map(p => ({row: rows[p.i], far: Math.hypot(p.x - middle.x, p.y - middle.y)})));
  select(found.sort((a, b) => a.far - b.far).slice(0, NEAR).map(one => one.row));
};

const link = g => {
  if (g.linked) return;
  g.linked = true;
  if (g.layout.meta[0] !== clips) { clips = g.layout.meta[0]; ring = region = null; mark(); }
  g.on('plotly_click', event => {
    const row = event.points[0]?.customdata;
    if (row === undefined) return;
    ring = row;
    mark();
    trigger('click', {where: row});
  });
  g.on('plotly_selected', event => {
    if (!event?.lassoPoints && !event?.range) return;  // not by hand
    select(event.points.map(point => point.customdata).filter(row => row !== undefined));
  });
  g.on('plotly_doubleclick', () => { if (region) select([]); });
  arm(g);
  if (ring !== null) encircle(g);
  if (region) highlight(g);
};
const look = () => element.isConnected ? maps().forEach(link) : watcher.disconnect();
const watcher = new MutationObserver(() => setTimeout(look));
watcher.observe(element.closest('[role=tabpanel]') || document.body, {childList: true, subtree: true});
look();

element.addEventListener('change', event => {
  if (event.target.name === 'x-tool') maps().forEach(arm);
  if (event.target.name === 'x-side') {
    all('.x-maps').forEach(row => { row.dataset.side = event.target.value; });
    maps().forEach(g => Plotly.Plots.resize(g));
  }
});
element.addEventListener('click', event => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.dataset.step) trigger('click', {where: button.dataset.step});
  else if (button.dataset.near) near();
  else select([]);
});

// A map that settles: its points move to where they are now, if the figure on the page is the one that waits for it.
watch('step', () => {
  const step = props.step, g = step && maps().find(one => one.closest(`#map-${step.side}`));
  if (!g || g.layout.meta[1] !== step.awaits) return;
  const moved = traces(g).map(([number, rows]) => [number, Array.from(rows)]);
  const x = moved.map(([, rows]) => rows.map(row => step.x[row]));
  const y = moved.map(([, rows]) => rows.map(row => step.y[row]));
  const star = g.data.findIndex(trace => trace.meta === 'star');
  if (star >= 0 && step.star) {
    moved.push([star]);
    x.push(step.star.map(place => place[0]));
    y.push(step.star.map(place => place[1]));
  }
  Plotly.restyle(g, {x, y}, moved.map(([number]) => number));
  if (ring !== null) encircle(g);
});
watch('ring', () => {
  ring = props.ring;
  mark();
});
