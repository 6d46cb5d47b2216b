// Labels by keyboard: a digit labels the clip that is shown, Backspace takes the last label back, space plays again.
const panel = () => element.querySelector('.x-label');
let sent;  // number of the clip that was labelled last; a second key labels nothing until another clip is shown
const send = value => {
  const shown = panel();
  if (!shown || sent === shown.dataset.clip) return;
  sent = shown.dataset.clip;
  trigger('select', {index: Number(shown.dataset.clip), value: value === 'back' ? value : Number(value)});
};
element.addEventListener('click', event => {
  const button = event.target.closest('button[data-label]');
  if (button) send(button.dataset.label);
});
const press = event => {
  if (!element.isConnected) return document.removeEventListener('keydown', press);
  const shown = panel();
  if (!shown || !shown.offsetParent || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest('input, textarea, select, [contenteditable], [role=tab]')) return;
  const audio = shown.querySelector('audio');
  if (event.key === ' ' && audio && event.target.closest('button, audio') === null) {
    audio.currentTime = 0;
    audio.play();
  } else if (event.key === 'Backspace') send('back');
  else if (/^[0-9]$/.test(event.key) && shown.querySelector(`[data-label="${Number(event.key) - 1}"]`)) {
    send(Number(event.key) - 1);
  } else return;
  event.preventDefault();
};
document.addEventListener('keydown', press);
