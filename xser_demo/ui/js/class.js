// The projector and the lecturer's buttons. The secret stays in this browser: it is in no address and on no screen.
const main = document.getElementById('main');
const head = el('header', {}), content = el('div', { id: 'content' }), note = el('p', { class: 'note', role: 'status' });
const steps = el('nav', { id: 'steps', 'aria-label': 'Steps of the hour' });
main.append(head, note, content, steps);
let room = kept.get('class-room');  // { code, secret }
let invitation = null, current = null, count = 8, corpus = facts.corpora[0]?.key;
const headers = () => ({ 'x-class': room.code, 'x-lecturer': room.secret });
const say = (text, problem = false) => { note.textContent = text; note.classList.toggle('problem', problem); };
const act = async (name, value = null) => {
  say('');
  let state;
  try { state = await send('/class/api/do', headers(), { do: name, value }); }
  catch (error) { return say(error.message, true); }
  show(state);
};
const button = (id, text, press, first = false, options = {}) =>
  el('button', { id, class: first ? 'first' : '', onclick: press, ...options }, text);

const opening = () => {
  const secret = facts.owner && el('input', { id: 'owner', type: 'password', autocomplete: 'off' });
  const go = async event => {
    event.preventDefault();
    try {
      room = await send('/class/api/open', secret ? { 'x-owner': secret.value } : {}, {});
      kept.set('class-room', room);
      say('');
      enter();
    } catch (error) { say(error.message, true); }
  };
  head.replaceChildren(el('h1', {}, 'The class is the target domain'));
  steps.replaceChildren();
  content.replaceChildren(el('form', { class: 'opening', onsubmit: go },
    el('p', {}, 'People open a link on their phones, vote on clips, and, if they like, act a sentence. Then one model is adapted to this room.'),
    secret && el('label', { for: 'owner' }, 'The secret of this page\u2019s owner'), secret,
    el('button', { id: 'open', class: 'first' }, 'Open a class'),
    el('p', { class: 'small' }, 'Nothing is stored. Ending the class deletes all; so does closing the server, or two hours without use.')));
};

const bars = (counts, colours, marked = '') => {
  const most = Math.max(1, ...Object.values(counts));
  return el('div', { class: 'bars' }, Object.entries(counts).map(([name, number]) => el('div', { class: name === marked ? 'marked' : '' },
    el('span', {}, capital(name)), el('i', {}, el('b', { style: { width: `${100 * number / most}%`, background: colours[name] || '#0f766e' } })),
    el('span', { class: 'number' }, String(number)))));
};

const qrCode = () => invitation ? el('div', { class: 'qr', role: 'img', 'aria-label': 'QR code of the address' }) : el('div');
const address = () => (invitation?.address || '').replace(/^https?:\/\//, '').replace(/\?.*/, '');
const joining = state => el('div', { class: 'joining' }, qrCode(),
  el('div', {},
    el('p', { class: 'lead' }, 'Scan, or open'), el('p', { class: 'address' }, address()),
    el('p', { class: 'lead' }, 'and type'), el('p', { class: 'code' }, state.code),
    el('p', { class: 'count' }, plural(state.members, 'phone'), ' joined'),
    el('p', { class: 'small' }, invitation?.alone
      ? 'Only this computer can open this address. For phones start the page with: make app HTTPS=1, or xser app --https'
      : 'No name, no login. Voting alone is enough.')));

const mark = (answer, label) => answer ? el('strong', {}, capital(answer), el('span', { class: answer === label ? 'right' : 'wrong' },
  answer === label ? ' \u2713 right' : ' \u2717 wrong')) : el('strong', { class: 'pale' }, 'too few votes');
const voting = state => {
  if (state.summary) return [summary(state.summary), controls(state)];
  if (!state.vote) return [
    el('p', { class: 'lead' }, 'Which emotion is acted? First you, then two models.'),
    el('div', { class: 'form' },
      el('label', { for: 'corpus' }, 'Language of the clips'),
      el('select', { id: 'corpus', onchange: event => { corpus = event.target.value; } },
        facts.corpora.map(one => el('option', { value: one.key, selected: one.key === corpus }, one.name))),
      el('label', { for: 'count' }, 'Number of clips'),
      el('select', { id: 'count', onchange: event => { count = Number(event.target.value); } },
        Array.from({ length: facts.most }, (_, i) => el('option', { value: i + 1, selected: i + 1 === count }, String(i + 1)))),
      button('choose', 'Choose clips', () => act('clips', { corpus, count }), true))];
  const { vote } = state, shown = vote.revealed;
  return [
    el('div', { class: 'clip' }, el('h2', {}, `Clip ${vote.clip + 1} of ${vote.of}, ${vote.language}`),
      el('p', { class: 'count', id: 'votes' })),
    el('img', { class: 'spectrogram', id: 'spectrogram', alt: `Spectrogram of clip ${vote.clip + 1}` }),
    shown && el('div', { class: 'answers' },
      el('div', {}, el('span', {}, 'Labelled as'), el('strong', {}, capital(shown.label))),
      el('div', {}, el('span', {}, 'You'), mark(shown.class, shown.label)),
      el('div', {}, el('span', {}, 'Learned English'), mark(shown.english, shown.label)),
      shown.adapted && el('div', {}, el('span', {}, `The same, adapted to ${vote.language}`), mark(shown.adapted, shown.label))),
    el('div', { id: 'bars' }),
    controls(state)];
};
const controls = state => el('div', { class: 'controls' },
  state.sound && !state.summary && button('play', 'Play the clip', play),
  !state.summary && !state.vote.revealed && button('reveal', 'Show the answer', () => act('reveal'), true),
  (state.summary || state.vote.clip > 0) && button('back', 'Back', () => act('clip', state.summary ? state.vote.clip : state.vote.clip - 1)),
  !state.summary && button('next', state.vote.clip + 1 < state.vote.of ? 'Next clip' : 'People and models',
    () => act('clip', state.vote.clip + 1), Boolean(state.vote.revealed)),
  !state.sound && state.fetch.offer && button('fetch', 'Fetch the recordings', () => act('fetch')),
  button('again', 'Other clips', () => window.confirm('The votes on these clips will be gone. Choose others?') && act('clips', { corpus, count })),
  !state.sound && !state.summary && el('p', { class: 'small' }, state.fetch.text || 'The recordings are not on this computer: the class reads spectrograms.'));
const interval = ([low, high], value, chance = null) => el('i', { class: 'interval' },
  el('b', { style: { left: `${100 * low}%`, width: `${100 * (high - low)}%` } }),
  chance !== null && el('s', { style: { left: `${100 * chance}%` } }), el('u', { style: { left: `${100 * value}%` } }));
const summary = found => [
  el('h2', {}, `People and models on ${plural(found.clips, 'clip')}`),
  el('div', { class: 'scores' },
    found.people.map(one => el('div', {}, el('span', {}, `${capital(one.name)} (${one.people})`), interval(one.ci95, one.uar),
      el('span', { class: 'number' }, `${percent(one.uar)} [${Math.round(100 * one.ci95[0])}, ${Math.round(100 * one.ci95[1])}]`))),
    found.models.map(one => el('div', {}, el('span', {}, one.name), interval([one.right / one.of, one.right / one.of], one.right / one.of),
      el('span', { class: 'number' }, `${one.right} of ${one.of}`)))),
  el('p', { class: 'small' }, found.people.length ? 'Mean recall over the emotions, with 95% intervals over people. Groups under five people are merged.'
    : 'Recall of the class appears from five voters on.'),
  el('p', {}, found.words)];

const speaking = state => [
  el('p', { class: 'lead' }, 'Act a sentence on your phone. It is voluntary; voting alone is equal.'),
  el('fieldset', {}, el('legend', {}, 'Emotions to act'), facts.emotions.map(one => el('label', { class: 'check' },
    el('input', { type: 'checkbox', id: `emotion-${one}`, checked: state.speak.emotions.includes(one),
      onchange: () => {
        const wanted = facts.emotions.filter(each => document.getElementById(`emotion-${each}`).checked);
        if (state.speak.clips && !window.confirm('Clips with an emotion that is left out are deleted. Go on?')) return show(current, true);
        act('act', wanted).then(() => show(current, true));
      } }), el('span', { style: { '--colour': facts.colours[one] } }, capital(one))))),
  el('p', { class: 'big' }, plural(state.speak.clips, 'clip'), ' of ', plural(state.speak.students, 'student')),
  el('p', {}, state.speak.missing ? `The next points appear when clips of ${state.speak.missing} more people are in: nobody is shown alone.`
    : 'Points appear on the map in batches of five people or more.'),
  state.map && roomMap(state.map.actors, state.map.points, describe(state.map)),
  state.map && mapLegend(state.speak.emotions, true)];
const describe = map => `Map of ${map.actors.length} clips of actors and ${map.clips} clips of ${map.students} students`;
const mapping = state => state.map ? el('div', { class: 'pair' },
  el('div', {}, roomMap(state.map.actors, state.map.points, describe(state.map)), mapLegend(state.speak.emotions, true)),
  el('div', {}, el('h2', {}, 'How far is this room from the studio?'),
    el('table', {}, el('thead', {}, el('tr', {}, ['The class standardised', 'Distance', 'Actors from actors', 'Explained'].map(text => el('th', { scope: 'col' }, text)))),
      el('tbody', {}, state.map.steps.map(one => el('tr', {}, el('th', { scope: 'row' }, one.name), el('td', {}, one.distance.toFixed(2)),
        el('td', {}, one.reference.toFixed(2)), el('td', {}, one.explained === null ? '' : percent(one.explained)))))),
    el('p', { class: 'small' }, 'Proxy A-distance: 0, a classifier cannot tell the two apart; 2, it always can. The reference is one half of the actors against the other.'),
    el('p', {}, state.map.microphones)))
  : el('p', { class: 'lead' }, 'The map is drawn when clips of five people or more are in, eight clips at least.');

const predicting = state => [
  el('p', { class: 'lead' }, 'One model will be adapted to this room. It does not learn which clip is which. Will its answers get better?'),
  state.forecasts.bars ? bars(state.forecasts.bars, {}) : el('p', { class: 'pale' }, state.forecasts.few),
  el('p', { class: 'count' }, plural(state.forecasts.votes, 'answer'))];

const adapting = state => {
  const { run, outcome } = state;
  if (run.text) return [el('p', { class: 'lead', role: 'status' }, run.text), el('progress', { max: 1, value: run.share, 'aria-label': 'progress' }),
    run.points.length > 0 && roomMap([], run.points, 'Clips of one half of the class, moving while the model adapts to them'),
    run.points.length > 0 && mapLegend(state.speak.emotions, false)];
  return [run.fault && el('p', { class: 'note problem', role: 'alert' }, run.fault), outcome && results(outcome, state.forecasts),
    !outcome && el('p', { class: 'lead' }, 'The class is split into two halves of students. Each half is scored by a model that was adapted to the other.'),
    el('div', { class: 'controls' }, button('run', outcome ? 'Run it again' : 'Adapt to this room', () => act('run'), !outcome),
      el('p', { class: 'small' }, `${plural(state.speak.clips, 'clip')} of ${plural(state.speak.students, 'student')}; ${facts.fewest} students and ${facts.fewest_clips} clips are needed.`))];
};
const results = (outcome, forecasts) => {
  const said = forecasts.bars && Object.entries(forecasts.bars).sort((a, b) => b[1] - a[1])[0][0];
  return [
    el('p', { class: 'verdict' }, said ? `You expected: ${said}. ` : '', `Measured: ${outcome.verdict}.`),
    el('div', { class: 'scores' }, outcome.rows.map(one => el('div', {}, el('span', {}, one.name), interval(one.ci95, one.uar, outcome.chance),
      el('span', { class: 'number' }, `${percent(one.uar)} [${Math.round(100 * one.ci95[0])}, ${Math.round(100 * one.ci95[1])}]`)))),
    el('p', {}, outcome.gains.map(one => `${points(one.mean)} points over \u201c${one.over}\u201d [${points(one.ci95[0])}, ${points(one.ci95[1])}]`).join('; '), '.'),
    el('p', { class: 'small' }, `UAR over ${outcome.clips} clips with 95% intervals over ${outcome.students} students; the dotted line is chance, ${percent(outcome.chance)}. `,
      '\u201cBetter\u201d needs a whole interval above 0. ', outcome.normalisation)];
};

const save = async (kind) => {
  try {
    const file = await (await ask(`/class/api/report.${kind}`, headers())).blob();
    const link = el('a', { href: URL.createObjectURL(file), download: `class.${kind}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  } catch (error) { say(error.message, true); }
};
const ending = () => [
  el('p', { class: 'lead' }, 'Save what you keep, then end the class. Ending deletes all votes and clips.'),
  el('div', { class: 'controls' }, button('save-html', 'Save the report', () => save('html'), true), button('save-csv', 'Save the table', () => save('csv')),
    button('end', 'End the class', () => window.confirm('Delete all votes and clips of this class?') && act('end')))];

const screens = { join: joining, vote: voting, speak: speaking, map: mapping, predict: predicting, adapt: adapting, end: ending };
const show = (state, again = false) => {
  if (!room || !state.stage) return;
  current = state;
  const names = facts.stages.map(one => facts.texts[one].title);
  const late = state.stage === 'vote';  // who comes late can still join
  draw(head, [state.code, state.members, state.stage, late && invitation?.address], () => [el('h1', {}, facts.texts[state.stage].title),
    el('p', {}, late && `${address()} \u00b7 `, `${state.code} \u00b7 ${plural(state.members, 'phone')}`), late && qrCode()]);
  draw(steps, state.stage, () => [...facts.stages.map((one, number) => button(`step-${one}`, names[number], () => act('go', one), false,
    { 'aria-current': one === state.stage ? 'step' : null })),
  button('notes', 'Presenter notes', () => window.open('/class/notes', 'class-notes', 'width=620,height=760'))]);
  if (again) drawn.delete(content);
  draw(content, lasting(state), () => [el('section', { class: `stage ${state.stage}` }, screens[state.stage](state))]);
  for (const code of main.querySelectorAll('.qr')) if (!code.firstChild) code.innerHTML = invitation.svg;
  grow(state);
  picture(state);
};
// Bars grow without drawing all anew.
const lasting = state => [state.stage, state.summary, state.vote && { ...state.vote, votes: 0, bars: 0 }, invitation?.address,
  state.sound, state.fetch, ...{ join: [state.members], speak: [state.speak, state.map], map: [state.map], predict: [state.forecasts],
    adapt: [state.run, state.outcome, state.speak] }[state.stage] || []];
const grow = state => {
  const place = document.getElementById('bars');
  if (!place) return;
  const { vote } = state, label = vote.revealed?.label;
  document.getElementById('votes').textContent = plural(vote.votes, 'vote');
  draw(place, [vote.bars, label], () => vote.bars ? bars(vote.bars, facts.colours, label) : !label && el('p', { class: 'pale' }, vote.few));
};
const pictures = {};
const picture = async state => {
  const place = document.getElementById('spectrogram');
  if (!place) return;
  const key = `${state.vote.choice}/${state.vote.clip}`;
  pictures[key] ||= ask(`/class/api/picture/${state.vote.clip}`, headers()).then(async answer => URL.createObjectURL(await answer.blob()));
  try { place.src = await pictures[key]; } catch (error) { delete pictures[key]; place.alt = error.message; }
};
const play = async () => {
  try {
    const file = await (await ask(`/class/api/sound/${current.vote.clip}`, headers())).blob();
    new Audio(URL.createObjectURL(file)).play();
  } catch (error) { say(error.message, true); }
};

const gone = why => { kept.drop('class-room'); room = null; opening(); say(why); };
const enter = async () => {
  try { invitation = await (await ask('/class/api/invitation', headers())).json(); }
  catch (error) { if (error.status === 403) return gone('This class has ended; everything is deleted.'); }
  follow('/class/api/stream', headers(), state => { if (note.textContent === LOST) say(''); show(state); },
    () => say(LOST, true), () => gone('The class has ended; everything is deleted.'));
};
if (room) enter(); else opening();
