// A line over the figure of the clip that follows its playback.
const audio = () => [...document.querySelectorAll('#clip *')].filter(e => e.shadowRoot)
  .map(e => e.shadowRoot.querySelector('audio')).find(a => a);
const step = () => {
  if (!element.isConnected) return;
  const box = document.querySelector('#attention'), plot = box && box.querySelector('.js-plotly-plot');
  const heard = audio(), full = plot && plot._fullLayout;
  if (heard && full && full._size && !document.hidden) {
    let line = box.querySelector('.x-now');
    if (!line) { line = document.createElement('div'); line.className = 'x-now'; box.append(line); }
    const moving = heard.currentTime > 0 && !heard.ended;
    const inside = plot.getBoundingClientRect(), outer = box.getBoundingClientRect();
    line.style.display = moving ? 'block' : 'none';
    line.style.left = (inside.left - outer.left + full._size.l + full.xaxis.l2p(heard.currentTime)) + 'px';
    line.style.top = (inside.top - outer.top + full._size.t) + 'px';
    line.style.height = full._size.h + 'px';
  }
  if (heard && !heard.paused) requestAnimationFrame(step); else setTimeout(step, 150);  // an idle page costs nothing
};
step();
