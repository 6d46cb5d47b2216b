// Toolbar of the two maps, and what links them. Every point carries the row of its clip as customdata, so that the ring
// and the region are on both maps and come back when the server redraws a map.
const all = selector => [...document.querySelectorAll(selector)];
const maps = () => all('#map-before .js-plotly-plot, #map-after .js-plotly-plot').filter(g => g.calcdata && g.on);
const checked = name => element.querySelector(`input[name=${name}]:checked`)?.value;
const NEIGHBOURS = 40;  // clips around the chosen one
let clips = null, ring = null, region = null;

const traces = g => g.data.map((trace, number) => [number, trace.customdata]).filter(([, rows]) => rows);
const pointOf = (g, row) => {
  for (const [number, rows] of traces(g)) {
    const at = Array.from(rows).indexOf(row), point = at >= 0 && g.calcdata[number].find(p => p.i === at);
    if (point) return point;
  }
};
const drawRing = g => {
  const point = ring === null ? null : pointOf(g, ring), number = g.data.findIndex(trace => trace.meta === 'ring');
  if (number >= 0) Plotly.restyle(g, {x: [point ? [point.x] : []], y: [point ? [point.y] : []]}, [number]);
};
const drawRings = () => {
  maps().forEach(drawRing);
  element.querySelector('[data-near]').disabled = ring === null;
};
const drawRegion = g => {
  const inside = region && new Set(region), shown = traces(g);
  const selected = shown.map(([, rows]) => inside
    ? Array.from(rows).flatMap((row, at) => inside.has(row) ? [at] : []) : null);
  Plotly.restyle(g, {selectedpoints: selected}, shown.map(([number]) => number));
};
// Every trace that moves, for clips at x[row], y[row] (js/film.js). ``way``: show the way of the star, which belongs to
// the after map.
const moved = (g, {x, y, star}, way) => {
  const data = [], numbers = [];
  const move = (number, xs, ys) => { numbers.push(number); data.push({x: xs, y: ys}); };
  g.data.forEach((trace, number) => {
    const rows = trace.customdata && Array.from(trace.customdata);
    if (rows) move(number, rows.map(row => x[row]), rows.map(row => y[row]));
    else if (trace.meta === 'ring') move(number, ring === null ? [] : [x[ring]], ring === null ? [] : [y[ring]]);
    else if (trace.meta === 'star') move(number, [star ? star[0] : null], [star ? star[1] : null]);
    else if (trace.meta === 'way') {
      const [xs, ys] = g.layout.meta[2], [left, top] = star || [xs.at(-1), ys.at(-1)];  // hidden below the star
      move(number, way ? xs : xs.map(() => left), way ? ys : ys.map(() => top));
    }
  });
  return {data, traces: numbers};
};
const setTool = g => {
  const tool = checked('x-tool');
  Plotly.relayout(g, {dragmode: tool === 'lasso' || tool === 'select' ? tool : false});
};
const select = rows => {
  region = rows.length ? rows : null;
  maps().forEach(drawRegion);
  trigger('select', {index: rows, value: 'region'});
};

// A region by keyboard: the neighbours of the chosen clip on the first visible map.
const selectNeighbours = () => {
  const g = maps().find(one => one.closest(checked('x-side') === 'after' ? '#map-after' : '#map-before'));
  const middle = g && ring !== null && pointOf(g, ring);
  if (!middle) return;
  const points = traces(g).flatMap(([number, rows]) =>
    g.calcdata[number].map(p => ({row: rows[p.i], distance: Math.hypot(p.x - middle.x, p.y - middle.y)})));
  select(points.sort((a, b) => a.distance - b.distance).slice(0, NEIGHBOURS).map(one => one.row));
};

const link = g => {
  if (g.linked) return;
  g.linked = true;
  g.moved = (frame, way) => moved(g, frame, way);
  if (g.layout.meta[0] !== clips) { clips = g.layout.meta[0]; ring = region = null; drawRings(); }
  g.on('plotly_click', event => {
    const row = event.points[0]?.customdata;
    if (row === undefined) return;
    ring = row;
    drawRings();
    trigger('click', {where: row});
  });
  g.on('plotly_selected', event => {
    if (!event?.lassoPoints && !event?.range) return;  // not by the visitor
    const rows = event.points.map(point => point.customdata).filter(row => row !== undefined);
    setTimeout(() => {  // Plotly keeps the outline after this event, and would choose anew by its rounded corners
      Plotly.relayout(g, {selections: []});
      select(rows);
    });
  });
  g.on('plotly_doubleclick', () => { if (region) select([]); });
  setTool(g);
  if (ring !== null) drawRing(g);
  if (region) drawRegion(g);
};
const linkAll = () => element.isConnected ? maps().forEach(link) : watcher.disconnect();
const watcher = new MutationObserver(() => setTimeout(linkAll));
watcher.observe(element.closest('[role=tabpanel]') || document.body, {childList: true, subtree: true});
linkAll();

// The clips nearest to the visitor's are named outside this toolbar.
(element.closest('[role=tabpanel]') || document).addEventListener('click', event => {
  const named = element.isConnected && event.target.closest('#map-nearest [data-row]');
  if (!named) return;
  ring = Number(named.dataset.row);
  drawRings();
  trigger('click', {where: ring});
});

element.addEventListener('change', event => {
  if (event.target.name === 'x-tool') maps().forEach(setTool);
  if (event.target.name === 'x-side') {
    all('.x-maps').forEach(row => { row.dataset.side = event.target.value; });
    maps().forEach(g => Plotly.Plots.resize(g));
  }
});
element.addEventListener('click', event => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.dataset.step) trigger('click', {where: button.dataset.step});
  else if (button.dataset.near) selectNeighbours();
  else select([]);
});

// One step of a layout: move the points, if the figure on the page is the one that awaits this layout.
watch('step', () => {
  const step = props.step && JSON.parse(props.step), g = step && maps().find(one => one.closest(`#map-${step.side}`));
  if (!g || g.layout.meta[1] !== step.awaits) return;
  const {data, traces: numbers} = moved(g, {...step, star: step.star?.[0]}, false);
  Plotly.restyle(g, {x: data.map(one => one.x), y: data.map(one => one.y)}, numbers);
});
watch('ring', () => {
  ring = props.ring;
  drawRings();
});
