// SPDX-License-Identifier: Apache-2.0
// The phone's page: what is on it, what a till asks for, what was done.
import {$, act, begin, fill, made, money, part, say, word} from '/terminal.js';

function left(ticket) {
  if (ticket.in_transit_to) return `${word('on-its-way')}: ${ticket.in_transit_to}`;
  const plays = ticket.left.plays === null ? word('any-plays') : `${ticket.left.plays} ${word('plays-left')}`;
  return ticket.left.sealed ? `${plays} · ${word('sealed')}` : plays;
}

function button(key, subject, what) {
  const made_ = made('button', word(key), {class: 'second', id: `${key}-${subject}`,
                                           'aria-label': `${word(key)}: ${subject}`});
  made_.addEventListener('click', () => act(what));
  return made_;
}

function ticketRow(ticket, can) {
  const row = made('li');
  row.append(made('span', ticket.number, {class: 'name'}));
  if (can.play && ticket.content) row.append(button('play', ticket.content, {do: 'play', content: ticket.content}));
  if (can.give && !ticket.in_transit_to) row.append(button('give', ticket.number, {do: 'give', number: ticket.number}));
  row.append(made('span', `${ticket.content || ''} ${left(ticket)}`, {class: 'more'}));
  return row;
}

function tapRow(tap) {
  const row = made('li');
  const when = new Date(tap.time_ms).toLocaleString(document.documentElement.lang,
    {month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit'});
  row.append(made('span', tap.other, {class: 'name'}),
             made('span', `${tap.sign === '-' ? '−' : '+'} ${money(tap.amount, tap.unit)}`, {class: 'sum'}),
             made('span', tap.bill ? `${when} · ${word('on-bill')}` : when, {class: 'more'}));
  return row;
}

let asked = null; // what its owner saw when saying yes: another till's is not meant

const parts = {
  idle(state) {
    const pockets = (state.purse ? state.purse.pockets : []).filter(one => one.balance > 0 || one.unit === 'JPY');
    $('owner').textContent = state.purse ? state.purse.id : '';
    $('money').textContent = pockets.map(one => money(one.balance, one.unit)).join(' · ');
    $('arm').hidden = state.can.limit === 0;
    $('arm-limit').textContent = `${word('arm-limit')} ${money(state.can.limit, 'JPY')}`;
    $('buy').hidden = !state.can.buy;
    fill('tickets', state.tickets || [], ticket => ticketRow(ticket, state.can), 'no-tickets');
    fill('taps', state.taps, tapRow, 'no-taps');
    say(state.say, 'wait');
  },
  ask(state) {
    asked = state.ask;
    $('ask-amount').textContent = money(state.ask.amount, state.ask.unit);
    $('ask-payee').textContent = `${word('to')} ${state.ask.payee}`;
    $('ask-pin').hidden = !state.ask.pin;
    $('pin').required = state.ask.pin;
    say(state.say, state.say === 'phone-ask' ? 'wait' : 'stop');
  },
  armed(state) {
    const whom = state.ask.payee ? `${word('to')} ${state.ask.payee}` : word('arm-limit');
    $('armed-text').textContent = `${whom} ${money(state.ask.amount, state.ask.unit)}`;
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
    act(what());
    for (const field of $(id).querySelectorAll('input')) field.value = '';
  });
}

send('buy', () => ({do: 'buy', number: $('number').value.trim(), charge: Number($('charge').value)}));
send('confirm', () => ({do: 'confirm', pin: $('pin').value, ask: asked}));
$('arm').addEventListener('click', () => act({do: 'arm'}));
$('decline').addEventListener('click', () => act({do: 'decline'}));
$('disarm').addEventListener('click', () => act({do: 'decline'}));
$('done').addEventListener('click', () => act({do: 'done'}));
begin(state => { part(state.phase); parts[state.phase](state); });
