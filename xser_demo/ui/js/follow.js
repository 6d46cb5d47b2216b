// Playback cursor: a line over the figure of the clip. The audio element sits in a shadow root.
const audio = () => [...document.querySelectorAll('#clip *')].filter(e => e.shadowRoot)
  .map(e => e.shadowRoot.querySelector('audio')).find(a => a);
const update = () => {
  if (!element.isConnected) return;
  const box = document.querySelector('#attention'), plot = box && box.querySelector('.js-plotly-plot');
  const sound = audio(), full = plot && plot._fullLayout;
  if (sound && full && full._size && !document.hidden) {
    let line = box.querySelector('.x-now');
    if (!line) { line = document.createElement('div'); line.className = 'x-now'; box.append(line); }
    const moving = sound.currentTime > 0 && !sound.ended;
    const inside = plot.getBoundingClientRect(), outer = box.getBoundingClientRect();
    line.style.display = moving ? 'block' : 'none';
    line.style.left = (inside.left - outer.left + full._size.l + full.xaxis.l2p(sound.currentTime)) + 'px';
    line.style.top = (inside.top - outer.top + full._size.t) + 'px';
    line.style.height = full._size.h + 'px';
  }
  if (sound && !sound.paused) requestAnimationFrame(update); else setTimeout(update, 150);  // seldom while nothing plays
};
update();
