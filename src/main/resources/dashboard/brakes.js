/**
 * Accounts that were stopped because they changed too much: what is held waits for a person.
 * @module brakes
 */
import * as api from './api.js';
import {h} from './element.js';
import {number, period, vendor, words} from './format.js';
import {ask, button, field, moment, say} from './parts.js';
import {to} from './router.js';

/** Whether it waits for a person: one that was approved is listed as open while its account may go on. @param {any} brake */
const isHeld = (brake) => brake.state === 'held';

const HELD_MAX = 10_000;

/**
 * The brakes that are open, to be decided.
 * @param {Array<any>} items @param {() => void} decided
 * @returns {HTMLElement[]} nothing where there are none
 */
export function brakes(items, decided) {
  return items.filter(isHeld).map((one) => h('div.notice.warn', h('strong', `${vendor(one.platform)} is stopped: it changed too much`),
      h('p', `Account ${one.integration} of ${one.organization} changed ${number(one.changed)} golden records (${words(one.entity).toLowerCase()}) within ${period(one.window)}; ${number(one.allowed)} are allowed. `,
          h('a', {href: to('operations', [], {status: 'held', platform: one.platform})}, `${number(one.held)}${one.held >= HELD_MAX ? ' or more' : ''} ${one.held === 1 ? 'operation waits' : 'operations wait'}`), ', since ', moment(one.createdAt), '.'),
      api.may('decide') && h('div.actions',
          button('Let it go on…', () => decide(one, 'approve', decided), 'little', {'data-key': `approve-${one.id}`, 'aria-label': `Let ${vendor(one.platform)} go on`}),
          button('End what is held…', () => decide(one, 'reject', decided), 'little danger', {'data-key': `reject-${one.id}`, 'aria-label': `End what is held of ${vendor(one.platform)}`}))));
}

function decide(one, how, decided) {
  const isApproved = how === 'approve';
  ask({
    title: isApproved ? `Let ${vendor(one.platform)} go on?` : `End what is held of ${vendor(one.platform)}?`,
    action: isApproved ? 'Let it go on' : 'End it', danger: !isApproved,
    body: h('div.stack.tight', h('p', isApproved ? `What is held goes on in its order, and the account is not stopped again for ${period(one.window)}.`
      : 'What is held is ended as ignored. What was applied before can be undone, by its run or a span of time.'),
    field('Why', h('input', {name: 'reason', required: true, maxlength: 1000}))),
    act: async (form) => {
      await api.post(`/brakes/${one.id}/${how}`, {reason: form.get('reason')});
      say(isApproved ? 'It goes on' : 'What was held is ended');
      decided();
    },
  });
}
