// SPDX-License-Identifier: Apache-2.0
// The deposit machine's page: a card shows its balance, an amount, notes and coins one by one, the
// card again, how it ended. Cash is simulated: each note has a button.
import {$, act, begin, made, money, part, say, word} from '/terminal.js';

const amounts = [1000, 2000, 3000, 5000, 10000];
let unit = 'JPY';

function lines(id, rows) {
  $(id).replaceChildren();
  for (const [label, amount] of rows)
    if (amount !== null && amount !== undefined)
      $(id).append(made('dt', word(label)), made('dd', money(amount, unit)));
}

/// A button for each sum; they stay the same elements, so that the keyboard stays on its button.
function keys(id, sums, what) {
  if ($(id).childElementCount !== sums.length) {
    $(id).replaceChildren(...sums.map((sum, at) => {
      const button = made('button', '', {id: `${what}-${sum}`});
      if (at === 0) button.dataset.first = '';
      button.addEventListener('click', () => act(what === 'name' ? {do: 'amount', amount: sum} : {do: 'put', value: sum}));
      return button;
    }));
  }
  for (const [at, sum] of sums.entries()) $(id).children[at].textContent = money(sum, unit);
}

const signs = {deposited: 'yes', 'cancelled-cash': 'wait', 'no-card': 'wait', 'call-staff': 'stop',
               'out-of-order': 'stop'};
const calm = ['choose-deposit', 'tap-balance', 'tap-load', 'hold-still'];

const parts = {
  idle(state) {
    part('idle');
    say(state.say, calm.includes(state.say) ? 'wait' : 'stop');
  },
  amount(state) {
    $('amount-before').textContent = state.before === null ? word('balance-private') : money(state.before, unit);
    keys('amounts', amounts, 'name');
    part('amount');
    say(state.say, 'wait');
  },
  cash(state) {
    lines('cash-lines', [['before', state.before], ['amount', state.amount], ['put-in', state.cash]]);
    keys('values', state.values, 'put');
    part('cash');
    say(state.say, 'wait');
  },
  tap(state) {
    $('tap-amount').textContent = state.loads ? money(state.amount, unit) : '';
    $('tap-cancel').disabled = state.phase === 'hold';
    part('tap');
    say(state.say, calm.includes(state.say) ? 'wait' : 'stop');
  },
  end(state) {
    const loaded = state.say === 'deposited';
    $('end-amount').textContent = loaded ? money(state.amount, unit) : '';
    lines('end-lines', loaded ? [['before', state.before], ['after', state.after]]
                              : [['amount', state.amount], ['given-back', state.returned || null]]);
    part('end');
    say(state.say, signs[state.say] || 'no');
  },
};
parts.hold = parts.tap;

for (const [button, what] of [['begin', 'begin'], ['enough', 'enough'], ['done', 'done'], ['amount-cancel', 'cancel'],
                              ['cash-cancel', 'cancel'], ['tap-cancel', 'cancel']])
  $(button).addEventListener('click', () => act({do: what}));
begin(state => {
  unit = state.unit;
  parts[state.phase](state);
});
