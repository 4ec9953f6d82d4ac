/** @module pages/audit */
import * as api from '../api.js';
import {fill, h} from '../element.js';
import {number, words} from '../format.js';
import {button, empty, filterForm, moment, pager, table} from '../parts.js';
import {to} from '../router.js';
import {difference, record} from './operations.js';

const ENTITIES = new Set(['member', 'event', 'registration', 'membership', 'campaign', 'transaction', 'recurring_plan']);

/** @param {import('../app.js').PageContext} context */
export function render({head, live, filters}) {
  const verdict = h('div', {'aria-live': 'polite'});
  const names = ['actor', 'action', 'entity', 'recordId', 'organization', 'from', 'to', 'cursor'];
  const page = live({
    what: 'the audit', every: 8000, bones: 10,
    load: (signal) => api.get('/audit', Object.fromEntries(names.map((name) => [name, filters.get(name)])), signal),
    show: ({items, next}) => h('section.card.flush', table({
      caption: 'Audit, newest first', quiet: true, rows: items, none: empty('Nothing was done that is like that'),
      columns: [
        {head: 'What', cell: (row) => h('strong', words(row.action))},
        {head: 'When', cell: (row) => moment(row.at, true)},
        {head: 'Who', cell: (row) => row.actor},
        {head: 'Of', cell: (row) => row.recordId && (ENTITIES.has(row.entity) ? h('a', {href: record(row.entity, row.recordId), 'data-item': true, 'data-key': row.id}, `${words(row.entity)} ${row.recordId}`) : h('span.break', `${words(row.entity)} ${row.recordId}`))},
        {head: 'Why', cell: (row) => [row.reason, row.operationId && [row.reason ? ' · ' : '', h('a', {href: to('operations', [row.operationId])}, 'operation')]]},
        {head: 'Before and after', wide: true, cell: (row) => row.changes && Object.keys(row.changes).length > 0 && h('details', {'data-key': `changes-${row.id}`}, h('summary', `${number(Object.keys(row.changes).length)} ${Object.keys(row.changes).length === 1 ? 'field' : 'fields'}`), difference(row.changes))},
      ],
    }), pager(filters, next, 'audit')),
  });
  const verify = async () => {
    fill(verdict, h('p.muted', 'Going through the whole chain…'));
    try {
      const answer = await api.get('/audit/verify');
      const isWhole = answer.ok ?? answer.valid ?? answer.intact;
      fill(verdict, h('div.notice', {class: isWhole ? 'good' : 'bad', role: isWhole ? 'status' : 'alert'}, isWhole
        ? [h('strong', 'The audit is whole'), h('p', answer.entries === undefined ? 'Nothing was changed or taken out.' : `${number(answer.entries)} entries; nothing was changed or taken out.`)]
        : [h('strong', 'The audit was tampered with, or is damaged'), h('p.break', answer.detail ?? answer.problem ?? JSON.stringify(answer)), h('p', 'Keep the store as it is, and compare it with a backup.')]));
    } catch (problem) {
      fill(verdict, h('div.notice', {class: problem.isMissing ? '' : 'bad', role: 'alert'}, problem.isMissing ? 'This hub cannot verify its audit yet.' : problem.message));
    }
  };
  return [head('Audit'), h('div.toolbar', filterForm(filters, [
    {name: 'actor', label: 'Who', search: true}, {name: 'action', label: 'Action'}, {name: 'entity', label: 'Entity', options: [...ENTITIES]},
    {name: 'recordId', label: 'Record’s id'}, {name: 'organization', label: 'Organization'},
  ], () => page.refresh()), button('Verify the chain', verify)), h('div.stack', verdict, page.element)];
}
