/** @module pages/dead-letters */
import * as api from '../api.js';
import {h} from '../element.js';
import {number, vendor, words} from '../format.js';
import {ask, button, empty, filterForm, forceBox, moment, pager, perform, platformFilter, say, table} from '../parts.js';
import {to} from '../router.js';

/** @param {import('../app.js').PageContext} context */
export function render({head, live, filters}) {
  const filter = () => Object.fromEntries(['platform', 'organization', 'code', 'digest'].map((name) => [name, filters.get(name)]).filter(([, value]) => value));
  const refresh = () => Promise.all([groups.refresh(), letters.refresh()]);
  const replay = (wanted, count, cause) => ask({
    title: `Replay ${count === null ? 'all of these' : number(count)}?`, action: 'Replay',
    body: h('div.stack.tight', h('p', cause ? [`Everything that died of “`, h('span.break', cause), `” goes back into the queue. What fails again comes back here.`] : 'Every dead letter that the filters name goes back into the queue. What fails again comes back here.'), forceBox()),
    act: async (form) => {
      const body = {...wanted, force: form.has('force')};
      let replayed = 0;
      do {
        const answer = await api.post('/dead-letters/replay', body);
        replayed += answer.replayed;
        body.cursor = answer.next;
      } while (body.cursor);
      say(`${number(replayed)} ${replayed === 1 ? 'is' : 'are'} back in the queue`);
      await refresh();
    },
  });

  const groups = live({
    what: 'the causes', every: 8000, bones: 3,
    load: (signal) => api.get('/dead-letters/groups', {platform: filters.get('platform'), organization: filters.get('organization')}, signal),
    show: ({items}) => (items.length === 0 ? [] : h('section.card.flush', table({
      caption: 'By cause', rows: items,
      columns: [
        {head: 'Cause', cell: (row) => h('a.break', {href: to('dead-letters', [], {digest: row.digest, platform: row.platform}), 'data-key': row.digest}, row.cause ?? words(row.code))},
        {head: 'Platform', cell: (row) => vendor(row.platform)},
        {head: 'Letters', amount: true, cell: (row) => number(row.count)},
        {head: 'First', cell: (row) => moment(row.firstDiedAt)}, {head: 'Last', cell: (row) => moment(row.diedAt)},
        {head: 'Replay', act: true, cell: (row) => (api.may('replay') && button('Replay all…', () => replay({digest: row.digest, platform: row.platform, organization: row.organization}, row.count, row.cause), 'little', {'aria-label': `Replay all of ${row.cause}`, 'data-key': `all-${row.digest}`})) || ''},
      ],
    }))),
  });

  const letters = live({
    what: 'the dead letters', every: 6000, bones: 6,
    load: (signal) => api.get('/dead-letters', {...filter(), cursor: filters.get('cursor')}, signal),
    show: ({items, next}) => h('section.card.flush', items.length > 0 && h('div.head', h('h2', filters.get('digest') ? 'Letters of one cause' : 'Letters, newest first'),
        api.may('replay') && Object.keys(filter()).length > 0 && button('Replay all that the filters name…', () => replay(filter(), null, ''), 'little')),
    table({
      caption: 'Dead letters, newest first', quiet: true, rows: items,
      none: empty('No dead letters', h('p', 'What could not be worked on, whatever was tried, rests here with its cause.')),
      columns: [
        {head: 'Operation', cell: (row) => h('a.mono', {href: to('operations', [row.operationId]), 'data-item': true, 'data-key': row.id}, row.operationId)},
        {head: 'Platform', cell: (row) => vendor(row.platform)},
        {head: 'Cause', wide: true, cell: (row) => [h('span.break', row.cause), h('span.muted.small', ` ${words(row.code)}`)]},
        {head: 'Died', cell: (row) => moment(row.diedAt)},
        {head: 'Tries', amount: true, cell: (row) => number(row.attempts)},
        {head: 'Next by itself', cell: (row) => moment(row.redriveAt)},
        {head: 'Replay', act: true, cell: (row) => (api.may('replay') && button('Replay', () => perform(() => api.post(`/dead-letters/${row.id}/replay`), 'It is back in the queue').then(refresh), 'little', {'aria-label': `Replay ${row.operationId}`, 'data-key': `replay-${row.id}`})) || ''},
      ],
    }), pager(filters, next, 'dead-letters')),
  });
  return [head('Dead letters'), filterForm(filters, [
    platformFilter({search: true}), {name: 'code', label: 'Code'}, {name: 'digest', label: 'Cause’s digest'}, {name: 'organization', label: 'Organization'},
  ], refresh), h('div.stack', groups.element, letters.element)];
}
