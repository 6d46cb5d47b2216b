// The small map of the Listen tab on a canvas: circles of the source and diamonds of the target in the colours of their
// labels, and the visitor's own clip as a star. They move once from before to after adaptation, and again at a press of
// the button.
const canvas = element.querySelector('canvas'), caption = element.querySelector('output');
const SIDE = 1000, MARGIN = 14, WAIT = 900, MOVE = 3000;  // milliseconds
const reduced = matchMedia('(prefers-reduced-motion: reduce)').matches;
let share = 0, started = null, points = null;  // share: 0 before, 1 after

const ease = t => t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2;
const mark = (pen, x, y, size, diamond) => {
  pen.beginPath();
  if (diamond) { pen.moveTo(x, y - size); pen.lineTo(x + size, y); pen.lineTo(x, y + size); pen.lineTo(x - size, y); }
  else pen.arc(x, y, size * 0.8, 0, 2 * Math.PI);
  pen.closePath();
};
const star = (pen, x, y) => {
  pen.beginPath();
  for (let n = 0; n < 10; n++) {
    const radius = n % 2 ? 4.5 : 11, angle = n * Math.PI / 5 - Math.PI / 2;
    pen.lineTo(x + radius * Math.cos(angle), y + radius * Math.sin(angle));
  }
  pen.closePath();
};
const draw = () => {
  const width = canvas.clientWidth, height = canvas.clientHeight;
  if (!points || !width) return;
  const scale = devicePixelRatio || 1, pen = canvas.getContext('2d');
  canvas.width = width * scale;
  canvas.height = height * scale;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  const unit = (Math.min(width, height) - 2 * MARGIN) / SIDE;
  const left = (width - SIDE * unit) / 2, bottom = (height + SIDE * unit) / 2, t = ease(share);
  const between = ([a, b], [c, d]) => [left + unit * (a + t * (c - a)), bottom - unit * (b + t * (d - b))];
  const place = n => between(points.before[n], points.after[n]);
  pen.globalAlpha = 0.75;
  for (let n = 0; n < points.before.length; n++) {
    mark(pen, ...place(n), 3.6, n >= points.sources);
    pen.fillStyle = points.colours[points.colour[n]];
    pen.fill();
  }
  pen.globalAlpha = 1;
  if (props.ring !== null && props.ring !== undefined) {
    const [x, y] = place(props.ring);
    pen.lineWidth = 3;
    pen.strokeStyle = getComputedStyle(element).color;
    pen.beginPath();
    pen.arc(x, y, 9, 0, 2 * Math.PI);
    pen.stroke();
  }
  if (props.star) {
    star(pen, ...between(...props.star));
    pen.fillStyle = getComputedStyle(element).color;
    pen.fill();
  }
  caption.textContent = share === 0 ? 'now: before' : share === 1 ? 'now: after' : 'adapting';
};
const step = now => {
  if (!element.isConnected || started === null) return;
  share = Math.min(1, Math.max(0, (now - started - WAIT) / MOVE));
  draw();
  if (share < 1) requestAnimationFrame(step);
  else started = null;
};
const play = () => {
  if (!points) return;
  if (reduced) { share = share === 1 && started === null ? 0 : 1; return draw(); }
  share = 0;
  started = performance.now();
  requestAnimationFrame(step);
};
const read = () => {
  points = props.points && JSON.parse(props.points);
  element.querySelector('figure').classList.toggle('x-empty', !points);
};
element.querySelector('button').addEventListener('click', play);
watch('points', () => { read(); share = 0; draw(); play(); });
watch('ring', draw);
watch('star', () => { draw(); play(); });
new ResizeObserver(draw).observe(canvas);
read();
if (reduced) share = 1;
draw();
// Once, when it is first seen: not while another tab is open.
const seen = new IntersectionObserver(entries => {
  if (entries.some(entry => entry.isIntersecting)) { seen.disconnect(); if (!reduced) play(); }
});
seen.observe(canvas);
