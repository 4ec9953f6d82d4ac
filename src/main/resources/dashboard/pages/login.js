/** @module pages/login */
import * as api from '../api.js';
import {h} from '../element.js';
import {failure} from '../parts.js';

/** @param {() => void} entered @returns {HTMLElement} the page that asks who is there */
export function login(entered) {
  document.title = 'Sign in · Muster';
  const problem = h('div', {role: 'alert'});
  const token = h('input', {
    id: 'token', type: 'password', name: 'token', autocomplete: 'current-password', required: true, maxlength: 4096,
    'aria-describedby': 'token-hint', spellcheck: 'false',
  });
  const submit = h('button.main', {type: 'submit'}, 'Sign in');
  return h('main.door', h('div.card',
      h('p.brand', h('img', {src: '/dashboard/icon.svg', alt: '', width: 24, height: 24}), 'Muster'),
      h('form.form', {onsubmit: async (event) => {
        event.preventDefault();
        submit.disabled = true;
        problem.replaceChildren();
        try {
          await api.login(token.value.trim());
          token.value = '';
          entered();
        } catch (refused) {
          problem.replaceChildren(h('p.notice.bad', refused.status === 401
            ? 'This key is not known here, or it has expired. Look for a blank at its end, or ask for a new one.'
            : failure(refused)));
          token.select();
        } finally {
          submit.disabled = false;
        }
      }},
      h('h1', 'Sign in'),
      h('div.field', h('label', {for: 'token'}, 'API key or admin token'), token,
          h('p.hint', {id: 'token-hint'}, 'The admin token is MUSTER_ADMIN_TOKEN; where that was not set, the hub wrote one at its first start and printed it.')),
      problem, submit)));
}
