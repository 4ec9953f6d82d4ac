/** @module pages/alerts */
import * as api from '../api.js';
import {h} from '../element.js';
import {number, period, vendor, words} from '../format.js';
import {button, empty, facts, moment, pager, perform, say, state, table} from '../parts.js';
import {to} from '../router.js';

const SEVERITIES = {page: 'bad', ticket: 'warn'};

/** @param {import('../app.js').PageContext} context */
export function render(context) {
  return context.rest[0] ? one(context, context.rest[0]) : list(context);
}

const severity = (row) => state(row.severity, SEVERITIES[row.severity] ?? '');
const where = (row) => [row.platform && vendor(row.platform), row.organization && h('span.muted', ` ${row.organization}`), !row.platform && !row.organization && 'whole hub'];

function acknowledged(row, done) {
  return row.acknowledgedAt ? h('span.muted.small', `by ${row.acknowledgedBy ?? 'somebody'} `, moment(row.acknowledgedAt))
    : api.may('run') && row.state === 'firing' && button('Acknowledge', () => perform(() => api.post(`/alerts/${row.id}/acknowledge`), 'It is acknowledged: no reminders').then(done), 'little', {'aria-label': `Acknowledge ${words(row.rule)}`, 'data-key': `ack-${row.id}`});
}

function list({head, live, filters}) {
  const alerts = live({
    what: 'the alerts', every: 5000, bones: 6,
    load: async (signal) => {
      const [firing, pending, resolved] = await Promise.all([['firing', ''], ['pending', ''], ['resolved', filters.get('cursor')]]
          .map(([wanted, cursor]) => api.get('/alerts', {state: wanted, cursor}, signal)));
      return {open: [...firing.items, ...pending.items], resolved};
    },
    show: ({open, resolved}) => [
      h('section.card.flush', table({
        caption: 'Open', rows: open, none: empty('All is quiet', h('p', 'An alert opens here when a rule of config/alerts.yaml is met, and closes by itself.')),
        columns: [...columns(), {head: 'State', cell: (row) => state(row.state, row.state === 'pending' ? '' : 'bad')}, {head: 'Acknowledge', act: true, cell: (row) => acknowledged(row, () => alerts.refresh()) || ''}],
      })),
      h('section.card.flush', table({caption: 'Past', rows: resolved.items, none: empty('None yet'), columns: [...columns(), {head: 'Resolved', cell: (row) => moment(row.resolvedAt)}]}), pager(filters, resolved.next, 'alerts')),
    ],
  });
  return [head('Alerts'), h('div.stack', alerts.element, ...(api.seesAll() ? [channels(live).element, rules(live).element] : []))];
}

function columns() {
  return [
    {head: 'Alert', cell: (row) => h('a', {href: to('alerts', [row.id]), 'data-item': true, 'data-key': row.id}, words(row.rule))},
    {head: 'Severity', cell: severity},
    {head: 'Where', cell: where},
    {head: 'Measured', amount: true, cell: (row) => number(row.value)},
    {head: 'Since', cell: (row) => moment(row.firedAt ?? row.since)},
  ];
}

function channels(live) {
  return live({
    what: 'the channels', every: 30_000, bones: 3, load: (signal) => api.get('/alerts/channels', {}, signal),
    show: ({items}) => h('section.card.flush', table({
      caption: 'Channels: who is told', rows: items, none: empty('Nobody is told', h('p', 'Name a channel in config/alerts.yaml: e-mail, Slack, Discord or a signed webhook.')),
      columns: [
        {head: 'Channel', cell: (row) => row.name},
        {head: 'Kind', cell: (row) => words(row.kind)},
        {head: 'Severities', cell: (row) => row.severities.map(words).join(', ') || 'all'},
        {head: 'Organizations', cell: (row) => row.organizations.join(', ') || 'all'},
        {head: 'Test', act: true, cell: (row) => (api.may('connect') && button('Send a test', () => test(row.name), 'little', {'aria-label': `Send a test to ${row.name}`, 'data-key': `test-${row.name}`})) || ''},
      ],
    })),
  });
}

async function test(name) {
  try {
    const {sent, error} = await api.post(`/alerts/channels/${encodeURIComponent(name)}/test`);
    say(sent ? `${name} took the test: look whether it arrived` : `${name} did not take it: ${error}`, sent ? 'good' : 'bad');
  } catch (problem) {
    say(problem.message, 'bad');
  }
}

function rules(live) {
  return live({
    what: 'the rules', every: 30_000, bones: 5, load: (signal) => api.get('/alerts/rules', {}, signal),
    show: ({items}) => h('section.card.flush', table({
      caption: 'Rules, from config/alerts.yaml', rows: items, none: empty('No rule is set'),
      columns: [
        {head: 'Rule', cell: (row) => words(row.name)},
        {head: 'Measures', cell: (row) => words(row.what)},
        {head: 'Fires', cell: (row) => `${row.above === undefined ? `below ${number(row.below)}` : `above ${number(row.above)}`}${row.for === 'PT0S' ? '' : `, for ${period(row.for)}`}`},
        {head: 'Counted within', cell: (row) => (row.within === 'PT0S' ? '' : period(row.within))},
        {head: 'Severity', cell: severity},
        {head: 'Reminds', cell: (row) => (row.remind === 'PT0S' ? 'never' : `every ${period(row.remind).replace(/^an? /, '')}`)},
        {head: 'Of', cell: (row) => [...row.organizations, ...row.platforms.map(vendor)].join(', ') || 'all'},
      ],
    })),
  });
}

function one({head, live}, id) {
  const title = head('Alert', h('a', {href: '#/alerts'}, '← Alerts'));
  const page = live({
    what: 'the alert', every: 5000, bones: 6, load: (signal) => api.get(`/alerts/${encodeURIComponent(id)}`, {}, signal),
    show: (row) => {
      title.querySelector('h1').textContent = words(row.rule);
      return [h('section.card.stack', h('div.row', state(row.state), severity(row), acknowledged(row, () => page.refresh())),
          facts([['Where', where(row)], ['Measured', number(row.value)], ['Wrong since', moment(row.since, true)], ['Fired', moment(row.firedAt, true)],
            ['Last told', moment(row.lastToldAt, true)], ['Resolved', row.resolvedAt ? moment(row.resolvedAt, true) : 'not yet']])),
      h('section.card.flush', table({
        caption: 'Who was told', rows: row.notices, none: empty('Nobody yet'),
        columns: [
          {head: 'Channel', cell: (notice) => notice.channel},
          {head: 'What', wide: true, cell: (notice) => [notice.title, h('p.small.muted.break', notice.text)]},
          {head: 'State', cell: (notice) => (notice.sentAt ? state('sent') : notice.givenUpAt ? state('given up', 'bad') : state('under way', 'busy'))},
          {head: 'When', cell: (notice) => moment(notice.sentAt ?? notice.createdAt)},
          {head: 'Tries', amount: true, cell: (notice) => number(notice.attempts)},
          {head: 'Error', wide: true, cell: (notice) => notice.error && h('span.small.break', notice.error)},
        ],
      }))];
    },
  });
  return [title, page.element];
}
