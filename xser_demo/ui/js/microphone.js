// Wraps getUserMedia, the only way to open the microphone: asks for consent once per visit, requests the chosen audio
// processing, and shows what the browser really does, or why the microphone does not open.
(() => {
  if (window.microphone) return;
  const { languages, helps, ended, names } = JSON.parse(document.getElementById('microphone-words').textContent);
  const OFF = { autoGainControl: false, noiseSuppression: false, echoCancellation: false };
  const ON = { autoGainControl: true, noiseSuppression: true, echoCancellation: true };
  const chosen = { ...OFF };  // by the check boxes on the page
  const messages = {};  // beside each recorder, by its id: [text, is it a problem]
  let recorder = 'clip', consented = false, asking = null;
  let language = (navigator.languages || [navigator.language]).map(tag => tag.slice(0, 2).toLowerCase())
    .find(code => languages[code]) || Object.keys(languages)[0];

  // Name of the help text if the microphone cannot open at all, else null.
  const framed = window.self !== window.top;
  const blocked = () => {
    if (!window.isSecureContext) return 'insecure';
    if (!navigator.mediaDevices?.getUserMedia) return 'unsupported';
    const policy = document.permissionsPolicy || document.featurePolicy;
    return framed && policy && !policy.allowsFeature('microphone') ? 'framed' : null;
  };
  const reasonFor = error => {
    if (error.refused) return 'refused';
    const policy = document.permissionsPolicy || document.featurePolicy;
    const kinds = {
      NotAllowedError: framed && !policy ? 'framed' : 'denied', SecurityError: 'denied',
      NotFoundError: 'missing', OverconstrainedError: 'missing', NotReadableError: 'busy', AbortError: 'busy',
    };
    return kinds[error.name] || 'other';
  };

  const show = id => {
    for (const box of document.querySelectorAll(`[data-mic="${id}"] .x-mic-said`)) {
      const [text, problem] = messages[id] || ['', false];
      box.textContent = text;
      box.classList.toggle('x-error', problem);
    }
  };
  const tell = (id, text, problem = false) => {
    messages[id] = ['', false];
    show(id);  // emptied first, so that screen readers read the same text again
    messages[id] = [text, problem];
    setTimeout(() => show(id), 50);
  };
  const help = (id, name, error) => {
    const text = helps[name].replace('{error}', error?.name || '').replace('{port}', location.port || '80');
    tell(id, text, true);
  };
  // Ends a recording that becomes longer than what is read of it; the recorder keeps what it has.
  const endInTime = (id, stream) => {
    const { seconds } = document.querySelector(`[data-mic="${id}"]`)?.dataset ?? {};
    if (!seconds) return;
    const track = stream.getAudioTracks()[0];
    setTimeout(() => {
      if (track.readyState === 'ended') return;
      [...document.querySelectorAll(`#${id} .stop-button, #${id} .stop-button-paused`)]
        .find(button => button.checkVisibility())?.click();
      tell(id, ended.replace('{seconds}', seconds));
    }, 1000 * seconds);
  };

  // Gradio loads the encoder of a streaming recorder after the page, and fails when Record is pressed before that. So
  // the microphone opens once the encoder is there, or after LONGEST_MS, should Gradio rename its file.
  const ENCODER = /\/assets\/module-[^/]+\.js$/, LONGEST_MS = 15000;
  const encoderThere = async () => {
    for (const end = performance.now() + LONGEST_MS; performance.now() < end;) {
      for (const { name } of performance.getEntriesByType('resource')) {
        if (!ENCODER.test(name)) continue;
        const { MediaRecorder: streaming } = await import(name);
        if (streaming?.isTypeSupported('audio/wav')) return;
      }
      await new Promise(done => setTimeout(done, 50));
    }
  };

  const requested = id => {
    const ask = document.querySelector(`[data-mic="${id}"]`)?.dataset.ask;
    return ask === 'on' ? ON : ask === 'off' ? OFF : chosen;
  };
  const settingsText = (wanted, got) => {
    const word = value => value ? 'on' : 'off';
    const parts = Object.keys(wanted).map(key => {
      const value = typeof got[key] === 'string' ? got[key] !== 'none' : got[key];
      if (value === undefined) return `${names[key]} not reported`;
      return `${names[key]} ${word(value)}${value === wanted[key] ? '' : ` although ${word(wanted[key])} was requested`}`;
    });
    if (got.sampleRate) parts.push(`${+(got.sampleRate / 1000).toFixed(1)} kHz`);
    if (got.channelCount) parts.push(got.channelCount === 1 ? 'mono' : got.channelCount === 2 ? 'stereo'
      : `${got.channelCount} channels`);
    return `Your browser: ${parts.join(', ')}.`;
  };

  const element = (tag, properties = {}, ...inside) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...inside);
    return node;
  };
  const ask = () => asking ||= new Promise((resolve, reject) => {
    const dialog = element('dialog', { id: 'consent' });
    const draw = () => {
      const words = languages[language];
      dialog.lang = language;
      dialog.dir = words.direction;
      const choice = element('select', { id: 'consent-language', ariaLabel: words.language });
      for (const [code, one] of Object.entries(languages))
        choice.append(element('option', { value: code, textContent: one.name, selected: code === language, lang: code }));
      choice.onchange = () => { language = choice.value; draw(); dialog.querySelector('select').focus(); };
      const title = element('h2', { id: 'consent-title', tabIndex: -1, textContent: words.title });
      const points = words.points.map(([topic, text]) =>
        element('li', {}, element('strong', { textContent: topic }), element('span', { textContent: text })));
      dialog.replaceChildren(
        element('header', {}, title, choice),
        element('ul', { id: 'consent-points' }, ...points),
        element('footer', {},
          element('button', { id: 'consent-accept', type: 'button', textContent: words.accept, onclick: accept }),
          element('button', { id: 'consent-refuse', type: 'button', textContent: words.refuse, onclick: refuse }),
          element('small', { textContent: words.note })));
    };
    const end = () => { dialog.close(); dialog.remove(); asking = null; };  // the focus returns to where it was
    const accept = () => { consented = true; end(); resolve(); };
    const refuse = () => {
      end();
      reject(Object.assign(new DOMException('The visitor said not now', 'NotAllowedError'), { refused: true }));
    };
    dialog.addEventListener('cancel', event => { event.preventDefault(); refuse(); });  // Escape
    dialog.setAttribute('aria-labelledby', 'consent-title');
    dialog.setAttribute('aria-describedby', 'consent-points');
    draw();
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector('h2').focus();  // not a button: the key that pressed Record must not accept as well
  });

  const devices = navigator.mediaDevices;
  if (devices?.getUserMedia) {
    const open = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async constraints => {
      if (!constraints?.audio) return open(constraints);
      const id = recorder, wanted = { ...requested(id) };
      try {
        if (!consented) await ask();
        if (document.querySelector(`[data-mic="${id}"]`)?.dataset.streams) await encoderThere();
        const audio = { ...(constraints.audio === true ? {} : constraints.audio), ...wanted };
        const stream = await open({ ...constraints, audio });
        tell(id, settingsText(wanted, stream.getAudioTracks()[0].getSettings()));
        endInTime(id, stream);
        return stream;
      } catch (error) {
        help(id, reasonFor(error), error);
        throw error;
      }
    };
  }

  // Remembers which recorder was pressed, by mouse or keyboard. If the microphone cannot open, shows help instead.
  document.addEventListener('click', event => {
    const button = event.target.closest?.('.record-button');
    if (!button) return;
    const near = [...document.querySelectorAll('[data-mic]')].map(one => one.dataset.mic);
    recorder = near.find(id => button.closest(`#${id}`)) || near[0] || 'clip';
    const reason = blocked();
    if (!reason) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    help(recorder, reason);
  }, true);
  // What the browser did to a recording says nothing about a file or an example that comes after it.
  const places = () => [...document.querySelectorAll('[data-mic]')].map(one => one.dataset.mic);
  document.addEventListener('change', event => {
    if (event.target.type !== 'file') return;
    const id = places().find(id => event.target.closest(`#${id}`));
    if (id) tell(id, '');
  }, true);
  document.addEventListener('drop', event => {
    const id = places().find(id => event.target.closest?.(`#${id}`));
    if (id) tell(id, '');
  }, true);
  document.addEventListener('click', event => {
    if (event.target.closest?.('#real, #voice, #upload, #another, #language, #others, #reader')) tell('clip', '');
  }, true);
  // Gradio does not handle this rejection; the visitor has been told.
  window.addEventListener('unhandledrejection', event => {
    if (String(event.reason?.message).startsWith('Error accessing the microphone')) event.preventDefault();
  });

  window.microphone = {
    // Called whenever the page draws the controls of a recorder, also after a change of tabs.
    attach(root) {
      for (const box of root.querySelectorAll('[data-mic]')) {
        const id = box.dataset.mic, reason = blocked();
        if (reason && !messages[id]) help(id, reason); else show(id);
        for (const input of box.querySelectorAll('input[name]')) {
          input.checked = chosen[input.name];
          input.onchange = () => { chosen[input.name] = input.checked; };
        }
      }
    },
  };
})();
