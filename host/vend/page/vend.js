// SPDX-License-Identifier: Apache-2.0
// The vending machine's page: one touch chooses, a card pays, how it ended.
import {$, act, begin, made, money, named, part, say, word} from '/terminal.js';

function article(row, at) {
  const button = made('button', undefined, {id: `choose-${row.id}`});
  if (at === 0) button.dataset.first = '';
  button.append(made('span', named(row), {class: 'name'}), made('span', ` ${money(row.amount, row.unit)}`, {class: 'price'}));
  button.addEventListener('click', () => act({do: 'choose', item: row.id}));
  return button;
}

const name = state => {
  const row = state.rows.find(one => one.id === state.item);
  return row ? named(row) : '';
};
const signs = {'take-goods': 'yes', cancelled: 'wait', 'no-card': 'wait', 'bill-later': 'wait', 'call-staff': 'stop', 'out-of-order': 'stop'};

const parts = {
  idle(state) {
    const held = document.activeElement && document.activeElement.id;
    $('goods').replaceChildren(...state.rows.map(article));
    if (held && $(held)) $(held).focus({focusVisible: false});
    $('operator').textContent = state.operator ? `${word('operator')}: ${state.operator}` : '';
    part('idle');
    say(state.say, state.say === 'choose' ? 'wait' : 'stop');
  },
  tap(state) {
    $('tap-amount').textContent = money(state.amount, state.unit);
    $('tap-text').textContent = name(state);
    $('cancel').disabled = state.phase === 'hold';
    part('tap');
    say(state.say, ['tap-card', 'hold-still', 'bill-waits'].includes(state.say) ? 'wait' : 'stop');
  },
  end(state) {
    $('end-amount').textContent = state.served ? money(state.amount, state.unit) : '';
    $('end-text').textContent = state.served ? name(state) : '';
    part('end');
    say(state.say, signs[state.say] || 'no');
  },
};
parts.hold = parts.tap;

$('cancel').addEventListener('click', () => act({do: 'cancel'}));
$('done').addEventListener('click', () => act({do: 'done'}));
begin(state => parts[state.phase](state));
