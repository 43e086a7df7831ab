// SPDX-License-Identifier: Apache-2.0
// What the pages of all terminals share: the state that streams in, acts that go out, words in two
// languages, money, and which part of the page is seen. A page imports it and gives a render.

const words = await (await fetch('/words.json')).json();
const kept = sessionStorage; // of this window: a reload loses nothing

let language = kept.getItem('language') || document.documentElement.lang || 'ja';
let state = null;
let render = () => {};

export const $ = id => document.getElementById(id);

/// The text of a key in the language that was chosen.
export const word = key => words[key] ? words[key][language] : key;

/// A name of the price list in that language.
export const named = row => row[language];

/// 1000 JPY as people write it; other units with their name.
export function money(amount, unit) {
  const digits = Number(amount).toLocaleString(language);
  if (unit !== 'JPY') return `${digits} ${unit}`;
  return language === 'ja' ? `${digits}円` : `¥${digits}`;
}

/// Asks the terminal for something. What comes of it is its next state.
export async function act(what) {
  try {
    await fetch('/act', {method: 'POST', headers: {'Content-Type': 'application/json'},
                         body: JSON.stringify(what)});
  } catch {
    say('no-connection', 'stop');
  }
}

/// The one sentence that says how it stands, and the sign beside it.
export function say(key, sign) {
  document.body.dataset.sign = sign;
  if ($('say').textContent !== word(key)) $('say').textContent = word(key);
  document.title = word(key);
}

/// An element with text, never with markup: names come from files.
export function made(tag, text, marks = {}) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(marks)) element.setAttribute(name, value);
  return element;
}

/// A list of rows, made anew only where what it shows has changed: nothing that is about to be touched
/// goes away under the finger, and the focus stays.
export function fill(id, rows, make, none) {
  const list = $(id), shown = JSON.stringify([language, rows]);
  if (list.dataset.shown === shown) return;
  const held = document.activeElement && list.contains(document.activeElement) && document.activeElement.id;
  list.dataset.shown = shown;
  list.replaceChildren(...(rows.length ? rows.map(make) : [made('li', word(none))]));
  if (held && $(held)) $(held).focus({focusVisible: false});
}

/// Shows this part of the page and hides the others; the keyboard goes to its first button.
export function part(id) {
  const changed = $(id).hidden;
  for (const section of document.querySelectorAll('main > section')) section.hidden = section.id !== id;
  if (changed) scrollTo(0, 0); // whoever has scrolled down to the last button
  const first = $(id).querySelector('[data-first]');
  if (changed && first) first.focus({focusVisible: false});
}

export const keep = (name, value) => kept.setItem(name, JSON.stringify(value));
export const recall = (name, otherwise) => JSON.parse(kept.getItem(name)) ?? otherwise;

function draw() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll('[data-word]'))
    element.textContent = word(element.dataset.word);
  for (const element of document.querySelectorAll('[data-label]'))
    element.setAttribute('aria-label', word(element.dataset.label));
  if (state) {
    document.body.dataset.phase = state.phase;
    render(state);
  }
}

/// Begins: the page's render is called with every state, and when the language changes.
export function begin(page) {
  render = page;
  $('language').addEventListener('click', () => {
    language = language === 'ja' ? 'en' : 'ja';
    kept.setItem('language', language);
    draw();
  });
  const stream = new EventSource('/events');
  stream.onmessage = event => { state = JSON.parse(event.data); draw(); };
  stream.onerror = () => say('no-connection', 'stop');
  draw();
}
