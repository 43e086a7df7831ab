// SPDX-License-Identifier: Apache-2.0
// The home server's page: films, tickets, the phones that it knows.
import {$, act, begin, fill, made, money, part, say, word} from '/terminal.js';

function button(key, label, id, what, second) {
  const button_ = made('button', word(key), {id: `${key}-${id}`, 'aria-label': `${word(key)}: ${label}`});
  if (second) button_.classList.add('second');
  button_.addEventListener('click', () => act(what));
  return button_;
}

function film(row, can) {
  const item = made('li');
  const title = row.page && row.page.title ? row.page.title : row.id;
  item.append(made('span', title, {class: 'name'}), button('play', title, row.id, {do: 'play', id: row.id}));
  if (can.from) item.append(button('play-from', title, row.id, {do: 'play', id: row.id, from: true}, true));
  if (can.card) item.append(button('to-card', title, row.id, {do: 'to-card', id: row.id}, true));
  item.append(made('span', `${row.id} · ${(row.octets / 1e6).toFixed(1)} MB`, {class: 'more'}));
  return item;
}

// What a content service offers and is not here yet; tickets are bought by the number, with a phone.
function offered(row) {
  const item = made('li');
  const title = row.title || row.id;
  const offers = (row.offers || []).map(one => `${one.number} ${money(one.amount, one.unit)}` +
    (one.plays === undefined ? '' : ` (${one.plays} ${word('plays')})`));
  item.append(made('span', title, {class: 'name'}), button('fetch', title, row.id, {do: 'fetch', id: row.id}),
              made('span', [row.id, ...offers].join(' · '), {class: 'more'}));
  return item;
}

function left(ticket) {
  const plays = ticket.left.plays === null ? word('any-plays') : `${ticket.left.plays} ${word('plays-left')}`;
  return ticket.left.sealed ? `${plays} · ${word('sealed')}` : plays;
}

function ticketRow(ticket) {
  const item = made('li');
  item.append(made('span', ticket.number, {class: 'name'}), made('span', `${ticket.content || ''} ${left(ticket)}`, {class: 'more'}));
  return item;
}

const parts = {
  idle(state) {
    fill('library', state.library || [], row => film(row, state.can), 'no-films');
    const here = new Set((state.library || []).map(row => row.id));
    $('shelf').hidden = !state.catalogue;
    fill('catalogue', (state.catalogue || []).filter(row => !here.has(row.id)), offered, 'no-more-films');
    fill('tickets', state.tickets || [], ticketRow, 'no-tickets');
    fill('devices', state.devices || [], row => made('li', row.id), 'no-devices');
    $('fetch').hidden = !state.can.fetch;
    say(state.say, 'wait');
  },
  busy(state) { say(state.say, 'wait'); },
  end(state) {
    $('end-text').textContent = state.detail;
    say(state.say, state.say === 'phone-failed' ? 'no' : 'yes');
  },
};

function send(id, what) {
  $(id).addEventListener('submit', event => {
    event.preventDefault();
    act(what(event.submitter));
    for (const field of $(id).querySelectorAll('input')) field.value = '';
  });
}

send('fetch', () => ({do: 'fetch', id: $('content').value.trim()}));
send('device', pressed => ({do: pressed.value, id: $('phone').value.trim(), pin: $('pin').value}));
$('done').addEventListener('click', () => act({do: 'done'}));
begin(state => { part(state.phase); parts[state.phase](state); });
