/** @module pages/settings */
import * as api from '../api.js';
import {h} from '../element.js';
import {words} from '../format.js';
import {ask, button, empty, facts, field, moment, perform, say, state, table} from '../parts.js';

const ROLES = {viewer: 'looks', operator: 'looks, decides, replays, undoes, runs', admin: 'may everything'};

/** @param {import('../app.js').PageContext} context */
export function render({head, live}) {
  const me = api.who();
  const keys = api.may('administer') && live({
    what: 'the keys', every: 15_000, bones: 4, load: (signal) => api.get('/keys', {}, signal),
    show: ({items}) => h('section.card.flush', h('div.head', h('h2', 'API keys'), api.may('administer') && button('Make a key…', () => make(() => keys.refresh()), 'main little')), table({
      caption: 'API keys', quiet: true, rows: items, none: empty('No keys', h('p', 'A key is for one person or one program, and may no more than it must.')),
      columns: [
        {head: 'Key', cell: (row) => [row.name, h('p.small.muted.mono', row.id)]},
        {head: 'State', cell: standing},
        {head: 'Organization', cell: (row) => row.organization ?? 'all'},
        {head: 'May', wide: true, cell: (row) => h('span.small', (row.permissions ?? []).map(words).join(', '))},
        {head: 'Expires', cell: (row) => (row.expiresAt ? moment(row.expiresAt) : 'never')},
        {head: 'Last used', cell: (row) => moment(row.lastUsedAt)},
        {head: 'Revoke', act: true, cell: (row) => (api.may('administer') && !row.revokedAt && button('Revoke…', () => ask({
          title: `Revoke ${row.name}?`, action: 'Revoke', danger: true, body: h('p', 'Whoever uses it is refused from this moment. It cannot be given back; another can be made.'),
          act: async () => {
            await api.remove(`/keys/${encodeURIComponent(row.id)}`);
            keys.refresh();
          },
        }), 'little danger', {'aria-label': `Revoke ${row.name}`, 'data-key': `revoke-${row.id}`})) || ''},
      ],
    })),
  });
  const organizations = live({
    what: 'the organizations', every: 15_000, bones: 3, load: (signal) => api.get('/organizations', {}, signal),
    show: ({items}) => h('section.card.flush', h('div.head', h('h2', 'Organizations'), api.may('administer') && button('Add one…', () => organization(null, () => organizations.refresh()), 'little')), table({
      caption: 'Organizations', quiet: true, rows: items, none: empty('Only the default one'),
      columns: [
        {head: 'Organization', cell: (row) => [row.name, row.name !== row.id && h('p.small.muted.mono', row.id)]},
        {head: 'Since', cell: (row) => moment(row.createdAt)},
        {head: 'Change', act: true, cell: (row) => (api.may('administer') && h('span.actions',
            button('Edit…', () => organization(row, () => organizations.refresh()), 'little', {'aria-label': `Edit ${row.id}`, 'data-key': `edit-${row.id}`}),
            row.id !== 'default' && button('Remove…', () => ask({
              title: `Remove ${row.id}?`, action: 'Remove', danger: true, type: row.id, body: h('p', 'The hub refuses while it has records or integrations.'),
              act: async () => {
                await api.remove(`/organizations/${encodeURIComponent(row.id)}`);
                organizations.refresh();
              },
            }), 'little danger', {'aria-label': `Remove ${row.id}`, 'data-key': `remove-${row.id}`}))) || ''},
      ],
    })),
  });
  return [head('Settings'), h('div.stack',
      h('section.card', h('h2', 'You'), facts([['Signed in as', me?.name], ['Organization', me?.organization ?? 'all'], ['May', (me?.permissions ?? []).map(words).join(', ')]])),
      keys && keys.element, organizations.element,
      api.may('administer') && h('section.card', h('h2', 'The vault'), h('div.stack.tight', h('p.muted', 'Secrets of accounts are sealed with a key of the vault. A new one can be made while the hub runs; everything is sealed anew.'),
          h('div', button('Rotate the vault’s key', () => perform(() => api.post('/vault/rotate'), (answer) => `${answer.resealed} secrets are sealed anew`))))))];
}

function standing(row) {
  return row.revokedAt ? state('revoked', '') : row.expiresAt && Date.parse(row.expiresAt) < Date.now() ? state('expired', '') : state('active');
}

function make(done) {
  ask({
    title: 'Make a key', action: 'Make',
    body: h('div.stack.tight',
        field('Name', h('input', {name: 'name', required: true, maxlength: 100, autocomplete: 'off'}), 'Who or what uses it'),
        field('Role', h('select', {name: 'role'}, Object.entries(ROLES).map(([role, what]) => h('option', {value: role}, `${words(role)}: ${what}`)))),
        field('Organization', h('input', {name: 'organization', autocomplete: 'off'}), 'Empty for all of them'),
        field('Expires', h('input', {name: 'expires', type: 'date', min: new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)}), 'Empty for never')),
    act: async (form) => {
      const made = await api.post('/keys', {
        name: form.get('name'), role: form.get('role'), ...(form.get('organization') ? {organization: form.get('organization')} : {}),
        ...(form.get('expires') ? {expiresAt: `${form.get('expires')}T00:00:00Z`} : {}),
      });
      done();
      const shown = h('input.mono', {readonly: true, value: made.key, 'aria-label': 'The new key'});
      ask({title: 'The key, once', action: 'It is kept', body: h('div.stack.tight', h('p', 'Keep it now: it is shown this once, and the hub does not know it any more.'), shown,
          h('div', button('Copy', async () => {
            shown.select();
            await navigator.clipboard?.writeText(made.key).then(() => say('Copied'), () => say('Copy it by hand: the browser does not let this page', 'bad'));
          }))), act: async () => {}});
    },
  });
}

function organization(row, done) {
  ask({
    title: row ? `Edit ${row.id}` : 'Add an organization', action: row ? 'Save' : 'Add',
    body: h('div.stack.tight', !row && field('Id', h('input', {name: 'id', required: true, pattern: '[a-z0-9-]+', autocomplete: 'off'}), 'Lower-case letters, digits and hyphens'),
        field('Name', h('input', {name: 'name', required: true, maxlength: 200, autocomplete: 'off', value: row?.name ?? ''}))),
    act: async (form) => {
      await (row ? api.put(`/organizations/${encodeURIComponent(row.id)}`, {name: form.get('name')}) : api.post('/organizations', {id: form.get('id'), name: form.get('name')}));
      done();
    },
  });
}
