// What the pages of a class share: elements, messages, and the stream of what they show.
const facts = JSON.parse(document.getElementById('facts').textContent);

const el = (tag, properties = {}, ...inside) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith('on')) node[name] = value;
    else if (name === 'style') for (const [key, one] of Object.entries(value)) node.style.setProperty(key, one);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...inside.flat(Infinity).filter(one => one !== null && one !== undefined && one !== false && one !== ''));
  return node;
};
const svg = (tag, attributes = {}, ...inside) => {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...inside);
  return node;
};

// Storage may be forbidden, as in a private window: then a reload forgets.
const kept = {
  get(name) { try { return JSON.parse(localStorage.getItem(name)); } catch { return null; } },
  set(name, value) { try { localStorage.setItem(name, JSON.stringify(value)); } catch { /* forgotten at reload */ } },
  drop(name) { try { localStorage.removeItem(name); } catch { /* was not there */ } },
};

class Refusal extends Error {
  constructor(message, status) { super(message); this.status = status; }
}
const LOST = 'The line to the class is lost; it is tried again.';
const refusal = async answer => {
  let why = 'That did not work; try again.';
  try { why = (await answer.json()).detail || why; } catch { /* no JSON */ }
  return new Refusal(why, answer.status);
};
const ask = async (path, headers = {}, options = {}) => {
  let answer;
  try { answer = await fetch(path, { ...options, headers, cache: 'no-store' }); }
  catch { throw new Refusal(LOST, 0); }
  if (!answer.ok) throw await refusal(answer);
  return answer;
};
const send = async (path, headers, body) => {
  const json = { ...headers, 'content-type': 'application/json' };
  return (await ask(path, json, { method: 'POST', body: JSON.stringify(body) })).json();
};

// Follows a stream until it ends for good: `show(value)` for each state, `lost()` while the line is broken,
// `gone(why)` when the class has ended or the device is no member any more.
const QUIET_MS = 25000;  // the server speaks every 10 s
const follow = async (path, headers, show, lost, gone) => {
  for (let wait = 500; ; wait = Math.min(2 * wait, 8000)) {
    const control = new AbortController();
    let timer = setTimeout(() => control.abort(), QUIET_MS);
    try {
      const answer = await fetch(path, { headers, signal: control.signal, cache: 'no-store' });
      if ([403, 404, 410].includes(answer.status)) return gone((await refusal(answer)).message);
      if (!answer.ok) throw new Error(answer.status);
      const reader = answer.body.getReader(), decoder = new TextDecoder();
      for (let text = ''; ;) {
        const { value, done } = await reader.read();
        clearTimeout(timer);
        if (done) break;
        timer = setTimeout(() => control.abort(), QUIET_MS);
        text += decoder.decode(value, { stream: true });
        const messages = text.split('\n\n');
        text = messages.pop();
        for (const message of messages) {
          const data = message.split('\n').find(line => line.startsWith('data: '))?.slice(6);
          if (!data) continue;
          if (message.startsWith('event: gone')) return gone(JSON.parse(data).detail);
          wait = 500;
          try { show(JSON.parse(data)); } catch (error) { reportError(error); }  // a fault of the page, not of the line
        }
      }
    } catch { /* the line broke */ } finally { clearTimeout(timer); }
    lost();
    await new Promise(resolve => setTimeout(resolve, wait * (0.5 + Math.random())));
  }
};

// Redraws `place` only when what it shows has changed, and keeps the keyboard's focus by the id of the element.
const drawn = new WeakMap();
const draw = (place, value, make) => {
  const key = JSON.stringify(value);
  if (drawn.get(place) === key) return;
  drawn.set(place, key);
  const focused = place.contains(document.activeElement) ? document.activeElement.id : '';
  place.replaceChildren(...[make(value)].flat(Infinity).filter(Boolean));
  if (focused) document.getElementById(focused)?.focus();
};
const percent = share => `${Math.round(100 * share)}%`;
const points = gain => `${gain < 0 ? '\u2212' : '+'}${Math.abs(100 * gain).toFixed(1)}`;
const plural = (count, one, more) => `${count} ${count === 1 ? one : more || `${one}s`}`;
const capital = word => word.charAt(0).toUpperCase() + word.slice(1);
