// The delay of the live microphone: now, less the moment it opened, less the seconds of sound that the answer covers.
if (!window.liveDelay) {
  // A recorder opens the microphone twice, for sound and for its curve, within a moment; the first opening counts.
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
const told = element.querySelector('span');
let last = 0;
const tell = () => {
  const answer = document.querySelector('#live [data-heard]');
  if (!answer) return;
  const heard = +answer.dataset.heard, start = window.liveDelay.start();
  if (heard === last || !start) return;
  if (heard < last) window.liveDelay.all = [];
  last = heard;
  if (!heard) { told.textContent = ''; return; }
  const delay = (performance.now() - start) / 1000 - heard;
  window.liveDelay.all.push(delay);
  told.textContent = `${delay.toFixed(1)} s from voice to screen, of it ${(+answer.dataset.server).toFixed(2)} s on the server`;
};
new MutationObserver(() => requestAnimationFrame(tell)).observe(document.body, { childList: true, subtree: true });
