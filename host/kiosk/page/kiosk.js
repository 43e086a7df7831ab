// SPDX-License-Identifier: Apache-2.0
// The kiosk's page: choosing, holding a card, how it ended.
import {$, act, begin, keep, made, money, named, part, recall, say, word} from '/terminal.js';

let now = {rows: []};
let chosen = recall('chosen', {}); // id: how many

const sum = () => now.rows.reduce((all, row) => all + (chosen[row.id] || 0) * row.amount, 0);

function change(id, by) {
  const row = now.rows.find(one => one.id === id);
  const next = Math.max(0, (chosen[id] || 0) + by);
  // tickets are sold one at a time, and one sale is in one unit
  if (by > 0 && (row.kind === 'ticket' || now.rows.some(one => chosen[one.id] &&
      (one.kind === 'ticket' || one.unit !== row.unit)))) chosen = {};
  chosen[id] = row.kind === 'ticket' ? Math.min(1, next) : Math.min(99, next);
  if (!chosen[id]) delete chosen[id];
  keep('chosen', chosen);
  drawTotal();
}

function drawTotal() {
  for (const row of now.rows) {
    const many = chosen[row.id] || 0;
    $(`count-${row.id}`).textContent = many;
    $(`fewer-${row.id}`).disabled = many === 0;
  }
  const first = now.rows.find(row => chosen[row.id]);
  $('pay').disabled = !first;
  $('total').textContent = `${word('total')} ${money(sum(), first ? first.unit : 'JPY')}`;
}

function article(row) {
  const item = made('li');
  const name = made('span', named(row), {id: `name-${row.id}`, class: 'name'});
  const fewer = made('button', '−', {id: `fewer-${row.id}`, class: 'second',
                                     'aria-label': `− ${named(row)}: ${word('fewer')}`});
  const more = made('button', '+', {id: `more-${row.id}`, 'aria-label': `+ ${named(row)}: ${word('more')}`});
  fewer.addEventListener('click', () => change(row.id, -1));
  more.addEventListener('click', () => change(row.id, 1));
  item.append(name, made('span', money(row.amount, row.unit), {class: 'price'}), fewer,
              made('output', 0, {id: `count-${row.id}`, class: 'count', 'aria-labelledby': `name-${row.id}`}), more);
  return item;
}

function drawList() {
  const held = document.activeElement && document.activeElement.id;
  $('list').replaceChildren();
  for (const kind of ['goods', 'service', 'ticket']) {
    const rows = now.rows.filter(row => row.kind === kind);
    if (!rows.length) continue;
    const list = made('ul', undefined, {class: 'articles'});
    list.append(...rows.map(article));
    $('list').append(made('h2', word(kind)), list);
  }
  drawTotal();
  if (held && $(held)) $(held).focus({focusVisible: false});
}

function drawEnd(state) {
  const balances = (state.balances || []).map(one => money(one.amount, one.unit)).join(' · ');
  $('end-amount').textContent = balances || (state.receipt ? money(state.amount, state.unit) : '');
  $('end-text').textContent = state.receipt ? state.text : '';
  $('receipt').replaceChildren();
  const lines = [['payer', 'payer'], ['payee', 'payee'], ['number', 'n'], ['reference', 'sale'], ['time', 'time'], ['ticket-order', 'instance']];
  for (const [label, field] of state.receipt ? lines.filter(line => line[1] in state.receipt) : [])
    $('receipt').append(made('dt', word(label)), made('dd', state.receipt[field]));
}

const signs = {paid: 'yes', 'paid-ticket': 'yes', 'paid-fetch': 'yes', refunded: 'yes', 'your-balance': 'yes', 'balance-private': 'yes',
               cancelled: 'wait', 'no-card': 'wait', 'call-staff': 'stop', 'out-of-order': 'stop'};

const parts = {
  idle(state) {
    now = state;
    for (const id of Object.keys(chosen)) if (!now.rows.some(row => row.id === id)) delete chosen[id];
    drawList();
    part('idle');
    say(state.say, state.say === 'choose' ? 'wait' : 'stop');
  },
  tap(state) {
    $('tap-amount').textContent = state.amount === undefined ? '' : money(state.amount, state.unit);
    $('tap-text').textContent = state.text || '';
    $('cancel').disabled = state.phase === 'hold';
    part('tap');
    say(state.say, ['tap-card', 'tap-balance', 'hold-still'].includes(state.say) ? 'wait' : 'stop');
  },
  end(state) {
    if (state.receipt) { chosen = {}; keep('chosen', chosen); }
    drawEnd(state);
    part('end');
    say(state.say, signs[state.say] || 'no');
  },
};
parts.hold = parts.tap;

$('pay').addEventListener('click', () => act({do: 'order', items: chosen, list: now.list, language: document.documentElement.lang}));
$('balance').addEventListener('click', () => act({do: 'balance'}));
$('cancel').addEventListener('click', () => act({do: 'cancel'}));
$('done').addEventListener('click', () => act({do: 'done'}));
begin(state => parts[state.phase](state));
