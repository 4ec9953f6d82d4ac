/** @module pages/integrations */
import * as api from '../api.js';
import {h} from '../element.js';
import {number, percent, period, vendor, words} from '../format.js';
import {ask, button, empty, facts, field, filterForm, moment, pager, perform, platformChoice, platformFilter, say, state, table} from '../parts.js';
import {to} from '../router.js';
import {share} from './overview.js';

const SECRETS = ['clientId', 'clientSecret', 'apiKey', 'accessToken', 'refreshToken', 'username', 'password', 'privateKey', 'webhookSecret'];

/** @param {import('../app.js').PageContext} context */
export function render(context) {
  return context.rest[0] ? one(context, context.rest[0]) : list(context);
}

/** What a person calls an account. */
const called = (row) => (row.title && row.title !== 'default' ? row.title : `${vendor(row.platform)}, ${row.title || row.id}`);

const path = (id) => `/integrations/${encodeURIComponent(id)}`;

function expiry(row) {
  return row.expiresAt ? [moment(row.expiresAt), h('span.muted.small', row.renewAt ? ', renewed' : ', then connect again')] : row.hasToken ? 'never' : '';
}

function list({head, live, filters}) {
  const page = live({
    what: 'the integrations', every: 8000, bones: 8,
    load: (signal) => api.get('/integrations', {platform: filters.get('platform'), organization: filters.get('organization'), status: filters.get('status'), cursor: filters.get('cursor')}, signal),
    show: ({items, next}) => h('section.card.flush', table({
      caption: 'Integrations', quiet: true, rows: items,
      none: empty('No integration is like that', h('p', 'Add one here, or set a platform’s variables before the hub starts.')),
      columns: [
        {head: 'Account', cell: (row) => [h('a', {href: to('integrations', [row.id]), 'data-item': true, 'data-key': row.id}, called(row)), row.title && row.title !== row.id && h('p.small.muted.keep', row.id)]},
        {head: 'Platform', cell: (row) => vendor(row.platform)},
        {head: 'Organization', cell: (row) => row.organization},
        {head: 'State', cell: (row) => state(row.status)},
        {head: 'Token ends', cell: expiry},
        {head: 'From', cell: (row) => words(row.origin)},
        {head: 'Why', wide: true, cell: (row) => row.reason && h('span.small.break', row.reason)},
      ],
    }), pager(filters, next, 'integrations')),
  });
  return [head('Integrations'), h('div.toolbar', filterForm(filters, [
    platformFilter({search: true}), {name: 'organization', label: 'Organization'},
    {name: 'status', label: 'State', options: ['active', 'needs_reconnect', 'disabled']},
  ], () => page.refresh()), api.may('connect') && button('Add an integration…', () => edit(null, (made) => {
    location.hash = to('integrations', [made.id]);
  }), 'main')), page.element];
}

function one({head, live}, id) {
  const title = head(id, h('a', {href: '#/integrations'}, '← Integrations'));
  const page = live({
    what: 'the integration', every: 8000, bones: 8,
    load: (signal) => api.get(path(id), {}, signal),
    show: (row) => {
      title.querySelector('h1').textContent = called(row);
      document.title = `${called(row)} · Muster`;
      return [account(row, page), test(row.lastTest), quota(row), uses(row)];
    },
  });
  return [title, page.element];
}

function account(row, page) {
  const again = () => page.refresh();
  return h('section.card.stack.tight', h('div.row', state(row.status), row.readOnly && h('span.muted.small', 'It comes from the environment or from config/integrations.yaml, and is changed there.')),
      row.reason && h('div.notice.warn', h('p', row.reason)),
      facts([
        ['Platform', vendor(row.platform)], ['Organization', row.organization], ['Id', h('span.mono.break', row.id)],
        ['Token ends', row.renewAt ? [moment(row.expiresAt), h('span.muted', ', renewed by itself ', moment(row.renewAt))] : expiry(row) || '–'],
        ['Address', row.baseUrl ?? 'the platform’s own'],
        ...Object.entries(row.settings ?? {}).map(([name, value]) => [words(name), String(value)]),
        ['Secrets', Object.keys(row.secrets ?? {}).map(words).join(', ') || 'none'],
        row.updatedAt && ['Changed', moment(row.updatedAt, true)],
      ]),
      api.may('connect') && h('div.actions',
          button('Test', () => perform(() => api.post(`${path(row.id)}/test`), 'Tested').then(again), 'main'),
          button('Connect…', () => connect(row)),
          !row.readOnly && [
            button('Edit…', () => edit(row, again)),
            button(row.status === 'disabled' ? 'Enable' : 'Disable', () => perform(() => api.put(path(row.id), {enabled: row.status === 'disabled', version: row.version}), row.status === 'disabled' ? 'Enabled' : 'Disabled').then(again)),
            button('Remove…', () => ask({
              title: `Remove ${called(row)}?`, action: 'Remove', danger: true,
              body: h('p', 'Its credential is forgotten, nothing is read from it or pushed to it any more, and its door is closed. What it said of people stays.'),
              act: async () => {
                await api.remove(path(row.id));
                say('The integration is removed');
                location.hash = '#/integrations';
              },
            }), 'danger')]));
}

async function connect(row) {
  const answer = await perform(() => api.post(`${path(row.id)}/connect`), 'The platform asks for your consent on a page of its own');
  if (answer && /^https?:\/\//.test(answer.authorizationUrl)) {
    ask({title: `Connect ${vendor(row.platform)}`, action: 'Done', act: async () => {},
      body: h('div.stack.tight', h('p', 'Sign in there as someone who may give access, and come back.'),
          h('p', h('a.button', {href: answer.authorizationUrl, target: '_blank', rel: 'noopener noreferrer'}, `Go to ${new URL(answer.authorizationUrl).host}`)))});
  }
}

function test(last) {
  const steps = last ? Object.entries(last).filter(([, step]) => step && typeof step === 'object') : [];
  return h('section.card.flush', table({
    caption: last?.at ? ['The last test, ', moment(last.at)] : 'The last test', rows: steps, none: empty('Not tested yet'),
    columns: [
      {head: 'Step', cell: ([name]) => words(name)},
      {head: 'Outcome', cell: ([, step]) => state(step.outcome)},
      {head: 'Took', amount: true, cell: ([, step]) => (step.millis === undefined ? '' : `${number(step.millis)} ms`)},
      {head: 'What', wide: true, cell: ([, step]) => h('span.break.small', step.error ?? step.reason ?? step.asked ?? '')},
    ],
  }));
}

function quota({quota: used, platform}) {
  return used && h('section.card.flush', table({
    caption: 'Quota', rows: used.windows ?? [], none: empty('No window is in use'),
    columns: [
      {head: 'Window', cell: (one) => `${number(one.calls)} calls in ${period(one.per)}`},
      {head: 'Used', amount: true, cell: (one) => number(one.used)},
      {head: 'Share', cell: (one) => share(one.used / one.calls, platform)},
    ],
  }), h('p.pager.small.muted', `${percent(used.used)} used, ${number(used.underWay)} calls under way, ${number(used.waiting)} waiting${used.pausedForMillis > 0 ? `; the platform asked for a pause of ${number(used.pausedForMillis / 1000)} s` : ''}`));
}

function uses({uses: hours}) {
  return h('section.card.flush', table({
    caption: 'Uses of its secrets, hour by hour', rows: hours ?? [], none: empty('Its secrets were not used lately'),
    columns: [
      {head: 'Hour', cell: (one) => moment(one.hour, true)}, {head: 'For', cell: (one) => words(one.purpose)}, {head: 'By', cell: (one) => one.actor},
      {head: 'Uses', amount: true, cell: (one) => number(one.uses)}, {head: 'Last', cell: (one) => moment(one.lastAt)},
    ],
  }));
}

/** Adds an account, or changes one. @param {any} row null to add @param {(made: any) => void} done */
function edit(row, done) {
  const lines = (value) => Object.entries(value ?? {}).map(([name, one]) => `${name}: ${one}`).join('\n');
  const input = (name, more = {}) => h('input', {name, autocomplete: 'off', spellcheck: 'false', ...more});
  ask({
    title: row ? `Edit ${called(row)}` : 'Add an integration', action: row ? 'Save' : 'Add',
    body: h('div.stack.tight',
        !row && [field('Platform', platformChoice('')),
          field('Organization', input('organization', {value: 'default', required: true, pattern: '[a-z0-9-]+'}))],
        field('Title', input('title', {required: true, maxlength: 200, value: row?.title ?? ''})),
        field('Address', input('baseUrl', {value: row?.baseUrl ?? '', placeholder: 'the platform’s own'})),
        field('Settings, one a line', h('textarea.mono', {name: 'settings', spellcheck: 'false'}, lines(row?.settings)), 'name: value. What is missing is said when it is saved.'),
        h('details', h('summary', row ? 'Replace secrets' : 'Secrets'), h('div.stack.tight', h('p.hint', 'Secrets go in and are never shown again. What is left empty stays as it is.'),
            SECRETS.map((name) => field(words(name), h('input', {type: 'password', name: `secret.${name}`, autocomplete: 'off'})))))),
    act: async (form) => {
      const secrets = Object.fromEntries(SECRETS.map((name) => [name, String(form.get(`secret.${name}`) ?? '').trim()]).filter(([, value]) => value));
      const settings = Object.fromEntries(String(form.get('settings')).split('\n').map((line) => line.split(/:(.*)/s).slice(0, 2).map((part) => part.trim())).filter(([name, value]) => name && value));
      for (const name of Object.keys(row?.settings ?? {})) {
        settings[name] ??= null;
      }
      const body = {
        title: form.get('title'), settings, baseUrl: String(form.get('baseUrl')).trim() || null,
        ...(Object.keys(secrets).length > 0 ? {secrets} : {}),
        ...(row ? {version: row.version} : {platform: String(form.get('platform')).trim(), organization: form.get('organization')}),
      };
      done(await (row ? api.put(path(row.id), body) : api.post('/integrations', body)));
      say(row ? 'The integration is saved' : 'The integration is added: test it, or connect it');
    },
  });
}
