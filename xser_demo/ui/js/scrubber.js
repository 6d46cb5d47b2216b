// Replays a finished adaptation on its map: a button, a slider, and the name and score of the moment.
const plot = () => document.querySelector('#adapt-now .js-plotly-plot');
const part = name => element.querySelector(name);
const reduced = matchMedia('(prefers-reduced-motion: reduce)').matches;
const MOVE = 450;  // milliseconds from frame to frame
let film = null, at = 0, playing = null;

const frames = () => film?.frames || [];
const update = () => {
  const slider = part('input'), count = frames().length, {name = '', note = ''} = frames()[at] || {};
  element.hidden = count < 2;
  slider.max = Math.max(1, count - 1);
  slider.value = at;
  slider.setAttribute('aria-valuetext', `${name} ${note}`);
  part('output').textContent = note ? `${name}: ${note}` : name;
  part('button').textContent = playing ? 'Pause' : 'Replay';
};
const show = (number, duration) => {
  const g = plot(), frame = frames()[number];
  if (!g?.calcdata || !frame) return;
  at = number;
  const extent = film.extent, time = reduced ? 0 : duration;
  Plotly.relayout(g, {
    'title.text': frame.name[0].toUpperCase() + frame.name.slice(1),
    'xaxis.range': [-extent, extent], 'yaxis.range': [-extent, extent],
  });
  Plotly.animate(g, {data: frame.x.map((x, trace) => ({x, y: frame.y[trace]})), traces: frame.x.map((_, trace) => trace)}, {
    mode: 'immediate', frame: {duration: time, redraw: false}, transition: {duration: time, easing: 'cubic-in-out'},
  }).catch(() => {});  // replaced by a later one
  update();
};
const stop = () => { clearInterval(playing); playing = null; update(); };
const play = () => {
  if (at >= frames().length - 1) show(0, 0);
  playing = setInterval(() => {
    if (element.isConnected && at < frames().length - 1) show(at + 1, MOVE);
    if (!element.isConnected || at >= frames().length - 1) stop();
  }, MOVE + 60);
  update();
};
element.addEventListener('click', event => { if (event.target.closest('button')) playing ? stop() : play(); });
element.addEventListener('input', () => {
  const number = Number(part('input').value);
  stop();
  show(number, 150);
});
const read = () => { film = props.film ? JSON.parse(props.film) : null; };
watch('film', () => {
  read();
  clearInterval(playing);
  playing = null;
  at = Math.max(0, frames().length - 1);  // the map shows the end
  update();
});
read();
update();
