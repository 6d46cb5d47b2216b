// Plays the frames of a moving map: a button, a slider, and the name of the moment. Points glide from one to the next.
const plot = () => document.querySelector('#map-film .js-plotly-plot');
const part = name => element.querySelector(name);
const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
const GLIDE = 450, LONG = 1500;  // milliseconds from frame to frame; with two frames the way takes longer
let at = 0, playing = null, more = true;  // more: it stands where the film ends so far, and would go on

const frames = () => props.film?.frames || [];
const say = () => {
  const slider = part('input'), count = frames().length;
  slider.max = Math.max(1, count - 1);
  slider.value = at;
  slider.setAttribute('aria-valuetext', frames()[at]?.name || '');
  part('output').textContent = count ? `${frames()[at].name}` : '';
  part('button').textContent = playing ? 'Pause' : 'Play';
};
const show = (number, glide) => {
  const g = plot(), frame = frames()[number];
  if (!g || !g.calcdata || !frame) return;
  at = number;
  const data = frame.x.map((x, trace) => ({x, y: frame.y[trace]}));
  const time = calm ? 0 : glide;
  Plotly.animate(g, {data, traces: data.map((_, trace) => trace)}, {
    mode: 'immediate', frame: {duration: time, redraw: false}, transition: {duration: time, easing: 'cubic-in-out'},
  }).catch(() => {});  // one that a newer one has replaced
  say();
};
const stop = () => { clearInterval(playing); playing = null; say(); };
const go = () => {
  const glide = frames().length < 3 ? LONG : GLIDE;
  more = false;
  playing = setInterval(() => {
    if (element.isConnected && at < frames().length - 1) show(at + 1, glide);
    if (!element.isConnected || at >= frames().length - 1) { more = true; stop(); }
  }, glide + 60);
  say();
};
const play = () => {
  if (frames().length < 2) return;
  if (at >= frames().length - 1) show(0, 0);
  go();
};
element.addEventListener('click', event => {
  if (event.target.closest('button')) playing ? stop() : play();
});
element.addEventListener('input', () => { const to = Number(part('input').value); more = false; stop(); show(to, 150); });
const continued = () => {
  const g = plot(), room = props.film.room;
  if (g?.layout && g.layout.xaxis.range[1] < room) {
    Plotly.relayout(g, {'xaxis.range': [-room, room], 'yaxis.range': [-room, room]});
  }
  if (!playing && more) frames().length > at + 1 ? go() : show(at, GLIDE);
  say();
};
watch('film', () => {
  if (props.film.part > 0) return continued();
  clearInterval(playing);
  playing = null;
  more = true;
  at = 0;
  say();
  if (frames().length > 0) {
    setTimeout(() => {  // when the figure has its height
      element.closest('.x-film')?.scrollIntoView({block: 'nearest', behavior: calm ? 'auto' : 'smooth'});
      if (!playing && more) play();
    }, 700);
  }
});
say();
