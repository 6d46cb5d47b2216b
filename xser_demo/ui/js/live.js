// Delay of the live microphone: now, minus the time it opened, minus the seconds of sound that the prediction covers.
if (!window.liveDelay) {
  // A recorder opens the microphone twice in quick succession, for the sound and for its curve; the first one counts.
  const opened = [];
  window.liveDelay = { all: [], start: () => opened.find(time => time > opened[opened.length - 1] - 2000) };
  const devices = navigator.mediaDevices;
  if (devices?.getUserMedia) {
    const open = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async constraints => {
      const stream = await open(constraints);
      opened.push(performance.now());
      return stream;
    };
  }
}
const output = element.querySelector('span');
let last = 0;
const update = () => {
  const answer = document.querySelector('#live [data-heard]');
  if (!answer) return;
  const seconds = +answer.dataset.heard, start = window.liveDelay.start();
  if (seconds === last || !start) return;
  if (seconds < last) window.liveDelay.all = [];
  last = seconds;
  if (!seconds) { output.textContent = ''; return; }
  const delay = (performance.now() - start) / 1000 - seconds;
  window.liveDelay.all.push(delay);
  output.textContent = `${delay.toFixed(1)} s from voice to screen, ${(+answer.dataset.server).toFixed(2)} s of it on the server`;
};
new MutationObserver(() => requestAnimationFrame(update)).observe(document.body, { childList: true, subtree: true });
