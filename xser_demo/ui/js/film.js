// Player of an animated map: a button, a slider and the name of the frame. Points move smoothly between frames.
const plot = () => document.querySelector('#map-film .js-plotly-plot');
const part = name => element.querySelector(name);
const reduced = matchMedia('(prefers-reduced-motion: reduce)').matches;
const MOVE = 450, LONG_MOVE = 1500;  // milliseconds from frame to frame; longer if there are only two
let at = 0, playing = null, more = true;  // more: it waits at the last frame and continues when others come

const frames = () => props.film?.frames || [];
const update = () => {
  const slider = part('input'), count = frames().length;
  slider.max = Math.max(1, count - 1);
  slider.value = at;
  slider.setAttribute('aria-valuetext', frames()[at]?.name || '');
  part('output').textContent = count ? `${frames()[at].name}` : '';
  part('button').textContent = playing ? 'Pause' : 'Play';
};
const show = (number, duration) => {
  const g = plot(), frame = frames()[number];
  if (!g || !g.calcdata || !frame) return;
  at = number;
  const data = frame.x.map((x, trace) => ({x, y: frame.y[trace]}));
  const time = reduced ? 0 : duration;
  Plotly.animate(g, {data, traces: data.map((_, trace) => trace)}, {
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
const append = () => {
  const g = plot(), extent = props.film.extent;
  if (g?.layout && g.layout.xaxis.range[1] < extent) {
    Plotly.relayout(g, {'xaxis.range': [-extent, extent], 'yaxis.range': [-extent, extent]});
  }
  if (!playing && more) frames().length > at + 1 ? start() : show(at, MOVE);
  update();
};
watch('film', () => {
  if (props.film.part > 0) return append();
  clearInterval(playing);
  playing = null;
  more = true;
  at = 0;
  update();
  if (frames().length > 0) {
    setTimeout(() => {  // once the figure has its height
      element.closest('.x-film')?.scrollIntoView({block: 'nearest', behavior: reduced ? 'auto' : 'smooth'});
      if (!playing && more) play();
    }, 700);
  }
});
update();
