// A phone in a class: join, vote, act, forecast, and one's own answers before and after.
const main = document.getElementById('main');
const title = el('h1', { tabindex: -1 }, 'Join the class');
const note = el('p', { class: 'note', role: 'status' });
const content = el('div', { id: 'content' });
const recording = el('div', { id: 'recording' });
main.append(title, note, content, recording);

let member = kept.get('class-member');  // { code, token }
const moved = /^#([a-z-]+)\.([\w-]+)$/.exec(location.hash);  // from the http page of the same class
if (moved) {
  member = { code: moved[1].replace('-', ' '), token: moved[2] };
  kept.set('class-member', member);
  history.replaceState(null, '', location.pathname);
}
const headers = () => ({ 'x-class': member.code, 'x-device': member.token });
const say = (text, problem = false) => { note.textContent = text; note.classList.toggle('problem', problem); };
const act = async (what, body) => {
  say('');
  let state;
  try { state = await send(`/join/api/${what}`, headers(), body); }
  catch (error) { return error.status === 410 ? gone(error.message) : say(error.message, true); }
  show(state);
};

const joining = () => {
  title.textContent = 'Join the class';
  const code = el('input', { id: 'code', autocapitalize: 'none', autocomplete: 'off', spellcheck: 'false', required: true,
    value: (new URLSearchParams(location.search).get('c') || '').replace('-', ' ') });
  const language = el('select', { id: 'language' }, el('option', { value: '' }, 'not said'),
    Object.entries(facts.languages).map(([key, name]) => el('option', { value: key, lang: key }, name)));
  const form = el('form', { id: 'join', onsubmit: async event => {
    event.preventDefault();
    try {
      member = await send('/join/api/join', {}, { code: code.value, language: language.value });
      kept.set('class-member', member);
      say('');
      enter();
    } catch (error) { say(error.message, true); }
  } },
    el('label', { for: 'code' }, 'The two words on the screen'), code,
    el('label', { for: 'language' }, 'Your mother tongue, if you like'), language,
    el('button', { class: 'first' }, 'Join'),
    el('p', { class: 'small' }, 'No name, no login. Voting alone is enough; speaking is voluntary.'));
  content.replaceChildren(form);
  recording.replaceChildren();
};

const gone = why => {
  kept.drop('class-member');
  member = null;
  joining();
  say(`${why} Everything that you sent is deleted.`);
};

const choices = (name, options, chosen, pick, colours = {}) => el('div', { class: 'choices', role: 'group', 'aria-label': name },
  options.map(option => el('button', {
    id: `${name}-${option}`.replace(/ /g, '-'), 'aria-pressed': String(option === chosen), disabled: Boolean(chosen),
    class: option === chosen ? 'chosen' : '', style: { '--colour': colours[option] || '#0f766e' }, onclick: () => pick(option),
  }, capital(option))));

const voting = state => {
  const { vote } = state;
  if (!vote) return el('p', {}, 'The lecturer chooses clips. Look at the screen.');
  if (vote.summary) return el('p', {}, 'Look at the screen: people beside models.');
  const parts = [el('p', {}, `Clip ${vote.clip + 1} of ${vote.of}. Look at the screen and listen: which emotion is acted?`)];
  if (vote.open || vote.voted)
    parts.push(choices('vote', facts.emotions, vote.voted, emotion => act('vote', { clip: vote.clip, emotion }), facts.colours));
  if (vote.voted && vote.open) parts.push(el('p', { class: 'small' }, 'Your vote is in. The answer comes on the screen.'));
  if (vote.revealed) {
    const { label, english, adapted } = vote.revealed;
    parts.push(el('dl', { class: 'facts' },
      el('dt', {}, 'Labelled as'), el('dd', {}, label),
      el('dt', {}, 'You'), el('dd', {}, vote.voted || 'no vote'),
      el('dt', {}, 'Learned English'), el('dd', {}, english),
      adapted && [el('dt', {}, 'The same, adapted'), el('dd', {}, adapted)]));
  } else if (!vote.open && !vote.voted) parts.push(el('p', {}, 'This clip is closed.'));
  return parts;
};

const own = state => state.takes.length > 0 && el('section', {},
  el('h2', {}, 'Your clips'),
  el('ul', { class: 'takes' }, state.takes.map((take, number) => el('li', {},
    el('div', {}, el('strong', {}, `You acted ${take.emotion}`),
      take.answers && el('p', { class: 'small' }, 'The English model answers ', el('b', {}, take.answers[0]),
        '; adapted to the other half of the class, ', el('b', {}, take.answers[1]), '.')),
    el('button', { id: `delete-${take.id}`, 'aria-label': `Delete clip ${number + 1}, ${take.emotion}`,
      onclick: () => act('delete', { take: take.id }) }, 'Delete')))));

const forecast = state => [
  el('p', {}, 'The models will be adapted to this room, without anybody saying which clip is which. Will the answers get better?'),
  choices('forecast', facts.forecasts, state.forecast, answer => act('forecast', { answer })),
  state.forecast && el('p', { class: 'small' }, 'Your answer is in.'),
];

const TITLES = { join: 'You are in', vote: 'Vote', speak: 'Act a sentence', map: 'The room on the map',
  predict: 'Will it help?', adapt: 'Adapting to the room', end: 'Thank you' };
const screens = {
  join: () => el('p', {}, 'Keep this page open. The screen in front says what comes next.'),
  vote: voting,
  speak: () => null,
  map: () => el('p', {}, 'Look at the screen: diamonds are clips of this class, circles are actors. No point has a name.'),
  predict: forecast,
  adapt: state => state.running
    ? [el('p', { role: 'status' }, state.running), el('progress', { max: 1, value: state.share, 'aria-label': 'progress' })]
    : el('p', {}, state.done ? 'Done. The scores are on the screen.' : 'The run has not begun.'),
  end: state => el('p', {}, 'When the lecturer ends the class, everything that you sent is deleted.',
    state.takes.length > 0 && ' You can delete your clips now, too.'),
};

let current = null;
const show = state => {
  if (!member || !state.stage) return;
  if (current?.stage !== state.stage) title.textContent = TITLES[state.stage];
  current = state;
  draw(content, [state.stage, state.vote, state.takes, state.forecast, state.running, state.share, state.done], () => [
    el('div', { id: 'step' }, screens[state.stage](state)), own(state), el('footer', {},
      el('span', {}, `Class ${state.code}`), el('button', { id: 'leave', onclick: leave }, 'Leave'))].filter(Boolean));
  const speaks = ['speak', 'map'].includes(state.stage);
  draw(recording, [speaks && state.stage === 'speak', state.consented, state.emotions], ([on]) => on ? speaking(state) : []);
};
const leave = async () => {
  try { await send('/join/api/leave', headers(), {}); } catch { /* the class is gone, too */ }
  gone('You have left.');
};

// Acting: consent first, then one sentence at a time. The sound stays here until the class has its features.
const sentences = facts.sentences[(navigator.language || 'en').slice(0, 2)] || facts.sentences.en;
const speaking = state => {
  if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) return insecure();
  return state.consented ? taking(state) : consent(state);
};
const insecure = () => {
  if (!facts.secure) return el('p', { class: 'note' },
    'This page is not encrypted, so browsers open no microphone. Vote on; the recordings come from others.');
  const link = `${facts.secure}#${member.code.replace(' ', '-')}.${member.token}`;
  return [
    el('p', {}, 'Recording needs an encrypted page. Your browser will warn once, because this computer made the certificate itself: choose Advanced, then continue. Voting goes on without.'),
    el('a', { class: 'first button', href: link }, 'Open the encrypted page'),
  ];
};
const consent = state => [
  el('p', {}, `You can act a sentence for class ${state.code}, in this room. Voting alone is just as good.`),
  el('ul', { class: 'points' },
    ['The sound is turned into numbers at once and dropped. The numbers stay in memory until the class ends, under a random number.',
      'You act an emotion that you are asked to act. Nobody asks or shows what you feel.',
      'Your point appears on the screen together with those of four others at least, without a name.',
      'You can delete your clips here at any time. Record only your own voice.'].map(text => el('li', {}, text))),
  el('button', { id: 'agree', class: 'first', onclick: () => act('consent', {}) }, 'I agree, open the microphone'),
];
const taking = state => {
  let emotion = '', live = null;
  const status = el('p', { class: 'note', role: 'status', id: 'take-status' });
  const tell = (text, problem = false) => { status.textContent = text; status.classList.toggle('problem', problem); };
  const sentence = el('blockquote', { id: 'sentence' }, sentences[Math.floor(Math.random() * sentences.length)]);
  const button = el('button', { id: 'record', class: 'first', disabled: true }, 'Record');
  const buttons = state.emotions.map(one => el('button', { id: `act-${one}`, 'aria-pressed': 'false', style: { '--colour': facts.colours[one] },
    onclick: () => {
      emotion = one;
      for (const other of buttons) other.setAttribute('aria-pressed', String(other.id === `act-${one}`));
      button.disabled = false;
    } }, capital(one)));
  button.onclick = async () => {
    if (live) return live.stop();
    try { live = await recorder(facts.seconds); }
    catch { return tell('The microphone did not open: allow it for this page in your browser, then press Record again.', true); }
    button.textContent = 'Stop';
    tell('Speak now.');
    const file = await live.file();
    live = null;
    Object.assign(button, { textContent: 'Record', disabled: true });
    tell('Your clip is sent.');
    try {
      show(await deliver(file, emotion));
      tell('Your clip is in. Act another one, if you like.');
      sentence.textContent = sentences[Math.floor(Math.random() * sentences.length)];
    } catch (error) { tell(error.message, true); }
    button.disabled = false;
  };
  return [
    el('p', {}, 'Choose what to act, press Record, say the sentence like an actor, press Stop.'),
    el('div', { class: 'choices', role: 'group', 'aria-label': 'Emotion to act' }, buttons), sentence, button, status];
};
// The same name at each attempt: a clip that arrived although its answer was lost is taken once.
const deliver = async (file, emotion) => {
  const name = Array.from(crypto.getRandomValues(new Uint8Array(12)), one => one.toString(16).padStart(2, '0')).join('');
  for (let attempt = 1; ; attempt++) {
    try {
      return await (await ask('/join/api/take', { ...headers(), 'x-emotion': emotion, 'x-take': name },
        { method: 'POST', body: file })).json();
    } catch (error) {
      if (attempt === 4 || ![0, 503].includes(error.status)) throw error;
      await new Promise(resolve => setTimeout(resolve, 1500 * attempt));
    }
  }
};

const enter = () => {
  const { token } = member;
  follow('/join/api/stream', headers(), state => { if (note.textContent === LOST) say(''); show(state); },
    () => say(LOST, true), why => { if (member?.token === token) gone(why); });
};
if (member) enter(); else joining();
