// The lecturer's second window: notes of the step, and the buttons that one wants at hand.
const main = document.getElementById('main');
const content = el('div', { id: 'content' }), note = el('p', { class: 'note', role: 'status' });
main.append(note, content);
const room = kept.get('class-room');
const headers = () => ({ 'x-class': room.code, 'x-lecturer': room.secret });
const say = text => { note.textContent = text; };
const act = async (name, value = null) => {
  say('');
  let state;
  try { state = await send('/class/api/do', headers(), { do: name, value }); }
  catch (error) { return say(error.message); }
  show(state);
};
const show = state => {
  if (!state.stage) return;
  const text = facts.texts[state.stage], place = facts.stages.indexOf(state.stage);
  const move = (id, name, by) => el('button', { id, class: by > 0 ? 'first' : '', disabled: !facts.stages[place + by],
    onclick: () => act('go', facts.stages[place + by]) }, name);
  draw(content, [state.stage, state.members, state.speak, state.vote?.votes, state.forecasts.votes], () => [
    el('h1', {}, text.title), el('p', { class: 'small' }, `${text.minutes} minutes \u00b7 ${plural(state.members, 'phone')} \u00b7 `,
      `${plural(state.vote?.votes || 0, 'vote')} on this clip \u00b7 ${plural(state.speak.clips, 'clip')} of ${plural(state.speak.students, 'student')}`),
    el('p', {}, el('strong', {}, 'Say: '), text.say), el('p', {}, el('strong', {}, 'Ask: '), text.ask),
    el('ul', {}, text.notes.map(one => el('li', {}, one))),
    el('div', { class: 'controls' }, move('back', 'Back', -1), move('forward', 'Next step', 1))]);
};
const over = () => { content.replaceChildren(); say('No class is open in this browser. Open one in the other window, then reload this page.'); };
if (room) follow('/class/api/stream', headers(), state => { say(''); show(state); }, () => say(LOST), over); else over();
