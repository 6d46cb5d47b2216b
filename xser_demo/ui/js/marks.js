// Marks clips on the map of a run, and says which are picked there. Points of the target carry the number of their clip
// as customdata. ``kept``: the numbers of the marked clips as text, null for all; ``ring``: of the clip that is open.
const plot = () => {
  const g = document.querySelector('#adapt-every-map .js-plotly-plot');
  return g?.calcdata && g.on ? g : null;
};
const numbers = trace => Array.from(trace.customdata || []);
const points = g => g.data.map((trace, at) => [trace, at]).filter(([trace]) => trace.meta !== 'ring');
const placeOf = (g, number) => {
  for (const [trace, at] of points(g)) {
    const point = g.calcdata[at][numbers(trace).indexOf(number)];
    if (point) return point;
  }
};
const draw = () => {
  const g = plot();
  if (!g) return;
  const kept = props.kept && new Set(JSON.parse(props.kept));
  const selected = ([trace]) => kept ? numbers(trace).flatMap((number, at) => kept.has(number) ? [at] : []) : null;
  Plotly.restyle(g, {selectedpoints: points(g).map(selected)}, points(g).map(([, at]) => at));
  const open = props.ring === null ? undefined : placeOf(g, props.ring);
  Plotly.restyle(g, {x: [open ? [open.x] : []], y: [open ? [open.y] : []]}, [g.data.findIndex(trace => trace.meta === 'ring')]);
};
const pick = found => {
  const picked = found.map(point => point.customdata).filter(number => number !== undefined);
  trigger('select', {index: picked, value: 'picked'});
};
const link = () => {
  if (!element.isConnected) return watcher.disconnect();
  const g = plot();
  if (!g || g.linked) return;
  g.linked = true;
  g.on('plotly_click', event => pick(event.points));
  g.on('plotly_selected', event => {
    if (!event?.lassoPoints) return;  // not by the visitor
    setTimeout(() => {  // Plotly keeps the outline after this event
      Plotly.relayout(g, {selections: []});
      pick(event.points);
    });
  });
  g.on('plotly_doubleclick', () => pick([]));
  Plotly.relayout(g, {dragmode: matchMedia('(pointer: fine)').matches ? 'lasso' : false});  // a finger scrolls the page
  draw();
};
const watcher = new MutationObserver(() => setTimeout(link));
watcher.observe(element.closest('#adapt-every') || document.body, {childList: true, subtree: true});
watch('kept', draw);
watch('ring', draw);
link();
