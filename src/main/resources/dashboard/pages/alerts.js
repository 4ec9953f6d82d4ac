/** @module pages/alerts */
import * as api from '../api.js';
import {h} from '../element.js';
import {words} from '../format.js';
import {button, empty, moment, perform, state, table} from '../parts.js';

const SEVERITIES = {critical: 'bad', warning: 'warn', info: ''};

/** @param {import('../app.js').PageContext} context */
export function render({head, live}) {
  const isOpen = (row) => !row.resolvedAt;
  const alerts = live({
    what: 'the alerts', every: 5000, bones: 6, load: (signal) => api.get('/alerts', {}, signal),
    show: ({items}) => [
      h('section.card.flush', table({
        caption: 'Open', rows: items.filter(isOpen), none: empty('All is quiet', h('p', 'An alert opens here when a rule of config/alerts.yaml is met, and closes by itself.')),
        columns: [...columns(), {head: 'Acknowledge', act: true, cell: (row) => (row.acknowledgedAt ? h('span.muted.small', `by ${row.acknowledgedBy ?? 'somebody'} `, moment(row.acknowledgedAt))
          : api.may('run') && button('Acknowledge', () => perform(() => api.post(`/alerts/${encodeURIComponent(row.id)}/acknowledge`), 'It is acknowledged: no reminders').then(() => alerts.refresh()), 'little', {'aria-label': `Acknowledge ${row.rule}`, 'data-key': `ack-${row.id}`})) || ''}],
      })),
      h('section.card.flush', table({caption: 'Past', rows: items.filter((row) => !isOpen(row)), none: empty('None yet'), columns: [...columns(), {head: 'Resolved', cell: (row) => moment(row.resolvedAt)}]})),
    ],
  });
  const channels = live({
    what: 'the channels', every: 15_000, bones: 3, load: (signal) => api.get('/alerts/channels', {}, signal),
    show: ({items}) => h('section.card.flush', table({
      caption: 'Channels: who is told', rows: items, none: empty('Nobody is told', h('p', 'Name a channel in config/alerts.yaml: e-mail, Slack, Discord or a signed webhook.')),
      columns: [
        {head: 'Channel', cell: (row) => row.name},
        {head: 'Kind', cell: (row) => words(row.kind ?? row.type)},
        {head: 'State', cell: (row) => (row.lastError ? state('failed') : row.lastSentAt ? state('sent') : state('not used yet', ''))},
        {head: 'Last', cell: (row) => moment(row.lastSentAt)},
        {head: 'Error', wide: true, cell: (row) => row.lastError && h('span.small.break', row.lastError)},
        {head: 'Test', act: true, cell: (row) => (api.may('connect') && button('Send a test', () => perform(() => api.post(`/alerts/channels/${encodeURIComponent(row.name)}/test`), `A test went to ${row.name}: look whether it arrived`).then(() => channels.refresh()), 'little', {'aria-label': `Send a test to ${row.name}`, 'data-key': `test-${row.name}`})) || ''},
      ],
    })),
  });
  return [head('Alerts'), h('div.stack', alerts.element, channels.element)];
}

function columns() {
  return [
    {head: 'Alert', cell: (row) => [words(row.rule), row.what && h('p.small.muted', row.what)]},
    {head: 'Severity', cell: (row) => state(row.severity, SEVERITIES[row.severity] ?? '')},
    {head: 'Where', cell: (row) => [row.platform && words(row.platform), row.organization && h('span.muted', ` ${row.organization}`)]},
    {head: 'Since', cell: (row) => moment(row.firedAt ?? row.since ?? row.at)},
  ];
}
