// A map of actors (circles) and of the class (diamonds), as SVG.
const roomMap = (actors, students, label) => {
  const all = [...actors, ...students];
  const xs = all.map(one => one[0]), ys = all.map(one => one[1]);
  const left = Math.min(...xs), right = Math.max(...xs), top = Math.min(...ys), bottom = Math.max(...ys);
  const width = right - left || 1, height = bottom - top || 1, size = Math.max(width, height) / 75;
  const margin = 3 * size;
  const dots = actors.map(([x, y, emotion]) =>
    svg('circle', { cx: x, cy: y, r: size * 0.8, fill: facts.colours[emotion], 'fill-opacity': 0.4 }));
  const diamonds = students.map(([x, y, emotion]) => svg('path', {
    d: `M${x} ${y - 1.3 * size}L${x + 1.3 * size} ${y}L${x} ${y + 1.3 * size}L${x - 1.3 * size} ${y}Z`,
    fill: facts.colours[emotion], class: 'student', 'stroke-width': size / 4,
  }));
  const name = svg('title');
  name.textContent = label;
  return svg('svg', { class: 'map', role: 'img', 'aria-label': label,
    viewBox: `${left - margin} ${top - margin} ${width + 2 * margin} ${height + 2 * margin}` }, name, ...dots, ...diamonds);
};
const mapLegend = (emotions, both) => el('p', { class: 'legend' },
  emotions.map(one => el('span', { style: { '--colour': facts.colours[one] } }, one)),
  both ? el('em', {}, 'circles: actors, diamonds: this class') : el('em', {}, 'diamonds: clips of this class'));
