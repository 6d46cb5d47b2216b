// Records from the microphone and gives a WAV file: one channel, 16 bits, at the rate of the browser.
const recorder = async limit_s => {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { autoGainControl: false, noiseSuppression: false, echoCancellation: false },
  });
  const media = new MediaRecorder(stream), parts = [];
  media.ondataavailable = event => parts.push(event.data);
  const ended = new Promise(resolve => { media.onstop = resolve; });
  media.start();
  const timer = setTimeout(() => media.state === 'recording' && media.stop(), 1000 * limit_s);
  return {
    stop() { if (media.state === 'recording') media.stop(); },
    async file() {
      await ended;
      clearTimeout(timer);
      for (const track of stream.getTracks()) track.stop();
      const context = new AudioContext();
      try { return asWav(await context.decodeAudioData(await new Blob(parts).arrayBuffer())); }
      finally { context.close(); }
    },
  };
};

const asWav = sound => {
  const channels = Array.from({ length: sound.numberOfChannels }, (_, number) => sound.getChannelData(number));
  const bytes = new DataView(new ArrayBuffer(44 + 2 * sound.length));
  const word = (place, text) => [...text].forEach((letter, i) => bytes.setUint8(place + i, letter.charCodeAt(0)));
  word(0, 'RIFF'); bytes.setUint32(4, 36 + 2 * sound.length, true); word(8, 'WAVEfmt ');
  bytes.setUint32(16, 16, true); bytes.setUint16(20, 1, true); bytes.setUint16(22, 1, true);
  bytes.setUint32(24, sound.sampleRate, true); bytes.setUint32(28, 2 * sound.sampleRate, true);
  bytes.setUint16(32, 2, true); bytes.setUint16(34, 16, true);
  word(36, 'data'); bytes.setUint32(40, 2 * sound.length, true);
  for (let i = 0; i < sound.length; i++) {
    const value = channels.reduce((sum, channel) => sum + channel[i], 0) / channels.length;
    bytes.setInt16(44 + 2 * i, Math.max(-1, Math.min(1, value)) * 32767, true);
  }
  return new Blob([bytes.buffer], { type: 'audio/wav' });
};
