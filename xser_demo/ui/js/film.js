// Player of the after map: a button, a slider and the name of the frame. Points move smoothly between frames; at the last
// one the map is as it was.
const plot = () => document.querySelector('#map-after .js-plotly-plot');
const part = name => element.querySelector(name);
const reduced = matchMedia('(prefers-reduced-motion: reduce)').matches;
const MOVE = 450, LONG_MOVE = 1500;  // milliseconds from frame to frame; longer if there are only two
// more: it waits at the last frame and continues when others come.
let film = { part: 0, frames: [] }, at = 0, playing = null, more = true;
const read = () => { if (props.film) film = JSON.parse(props.film); };  // none while its tab is being put on the page

const frames = () => film.frames;
const update = () => {
  const slider = part('input'), count = frames().length;
  part('.x-play').hidden = !count;
  slider.max = Math.max(1, count - 1);
  slider.value = at;
  slider.setAttribute('aria-valuetext', frames()[at]?.name || '');
  part('output').textContent = count ? `${frames()[at].name}` : '';
  part('button').textContent = playing ? 'Pause' : 'Play';
};
const show = (number, duration) => {
  const g = plot(), frame = frames()[number];
  if (!g?.moved || !g.calcdata || !frame) return;
  at = number;
  const {data, traces} = g.moved(frame, number > 0 && number === frames().length - 1 && frame.name === 'after');
  const time = reduced ? 0 : duration;
  Plotly.animate(g, {data, traces}, {
    mode: 'immediate', frame: {duration: time, redraw: false}, transition: {duration: time, easing: 'cubic-in-out'},
  }).catch(() => {});  // replaced by a later one
  update();
};
const stop = () => { clearInterval(playing); playing = null; update(); };
const start = () => {
  const duration = frames().length < 3 ? LONG_MOVE : MOVE;
  more = false;
  playing = setInterval(() => {
    if (element.isConnected && at < frames().length - 1) show(at + 1, duration);
    if (!element.isConnected || at >= frames().length - 1) { more = true; stop(); }
  }, duration + 60);
  update();
};
const play = () => {
  if (frames().length < 2) return;
  if (at >= frames().length - 1) show(0, 0);
  start();
};
element.addEventListener('click', event => {
  if (event.target.closest('button')) playing ? stop() : play();
});
element.addEventListener('input', () => { const number = Number(part('input').value); more = false; stop(); show(number, 150); });
const widen = () => {  // a frame may need more space than the maps
  const g = plot(), wanted = film.ranges;
  if (!g?.layout || !wanted) return;
  const ranges = [g.layout.xaxis.range, g.layout.yaxis.range].map(([low, high], axis) =>
    [Math.min(low, wanted[axis][0]), Math.max(high, wanted[axis][1])]);
  Plotly.relayout(g, {'xaxis.range': ranges[0], 'yaxis.range': ranges[1]});
};
const begin = () => {
  document.querySelector('#map-bar [name=x-side][value=after]:not(:checked)')?.click();  // a narrow page shows one map
  plot()?.scrollIntoView({block: 'nearest', behavior: reduced ? 'auto' : 'smooth'});
  widen();
  show(0, 0);
};
const append = () => {
  widen();
  if (!playing && more) frames().length > at + 1 ? start() : show(at, MOVE);
  update();
};
watch('film', () => {
  read();
  if (film.part > 0) return append();
  clearInterval(playing);
  playing = null;
  more = true;
  at = 0;
  update();
  if (frames().length > 0) {
    begin();
    setTimeout(() => { if (!playing && more) play(); }, 700);  // once it stands still
  }
});
read();
update();
