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
  const names = ['actor', 'action', 'entity', 'recordId', 'operationId', 'organization', 'cursor'];
  const moments = ['from', 'to'];
  const page = live({
    what: 'the audit', every: 8000, bones: 10,
    load: (signal) => api.get('/audit', {
      ...Object.fromEntries(names.map((name) => [name, filters.get(name)])),
      ...Object.fromEntries(moments.filter((name) => filters.get(name)).map((name) => [name, new Date(filters.get(name)).toISOString()])),
    }, signal),
    show: ({items, next}) => h('section.card.flush', table({
      caption: 'Audit, newest first', quiet: true, rows: items, none: empty('Nothing was done that is like that'),
      columns: [
        {head: 'What', cell: (row) => h('strong', words(row.action))},
        {head: 'When', cell: (row) => moment(row.at, true)},
        {head: 'Who', cell: (row) => row.actor},
        {head: 'Of', cell: (row) => (row.recordId && ENTITIES.has(row.entity) ? h('a', {href: record(row.entity, row.recordId), 'data-item': true, 'data-key': row.id}, `${words(row.entity)} ${row.recordId}`)
          : [h('span.break', row.subject && row.subject !== row.entity ? `${words(row.entity)} ${row.subject}` : words(row.entity)), !row.organization && h('span.muted.small', ' whole hub')])},
        {head: 'Why', cell: (row) => (row.reason || row.operationId ? [row.reason, row.operationId && [row.reason ? ' · ' : '', h('a', {href: to('operations', [row.operationId])}, 'operation')]] : '')},
        {head: 'Before and after', wide: true, cell: (row) => (row.redacted ? h('span.muted.small', 'an erasure took the values') : Object.keys(row.changes).length > 0 && h('details', {'data-key': `changes-${row.id}`}, h('summary', `${number(Object.keys(row.changes).length)} ${Object.keys(row.changes).length === 1 ? 'field' : 'fields'}`), difference(row.changes))) || ''},
      ],
    }), pager(filters, next, 'audit')),
  });
  const verify = async () => {
    fill(verdict, h('p.muted', 'Going through the whole chain…'));
    try {
      const answer = await api.get('/audit/verify', {organization: filters.get('organization')});
      const isWhole = answer.intact;
      fill(verdict, h('div.notice', {class: isWhole ? 'good' : 'bad', role: isWhole ? 'status' : 'alert'}, isWhole
        ? [h('strong', 'The audit is whole'), h('p', `${number(answer.entries)} entries in ${number(answer.chains)} ${answer.chains === 1 ? 'chain' : 'chains'}; nothing was changed, added or taken out.${answer.redacted ? ` Erasures took the values of ${number(answer.redacted)}.` : ''}${answer.beforeTheChain ? ` ${number(answer.beforeTheChain)} are older than the chain.` : ''}`)]
        : [h('strong', 'The audit was tampered with, or is damaged'), h('ul', answer.found.slice(0, 20).map((one) => h('li.small.break', `${one.message}${one.organization ? ` (${one.organization})` : ''}`))), h('p', 'Keep the store as it is, and compare it with a backup.')]));
    } catch (problem) {
      fill(verdict, h('div.notice.bad', {role: 'alert'}, problem.message));
    }
  };
  return [head('Audit'), h('div.toolbar', filterForm(filters, [
    {name: 'actor', label: 'Who', search: true}, {name: 'action', label: 'Action'}, {name: 'entity', label: 'Entity', options: [...ENTITIES]},
    {name: 'recordId', label: 'Record’s id'}, {name: 'operationId', label: 'Operation’s id'}, {name: 'organization', label: 'Organization'},
    {name: 'from', label: 'From', type: 'datetime-local'}, {name: 'to', label: 'Until', type: 'datetime-local'},
  ], () => page.refresh()), button('Verify the chain', verify)), h('div.stack', verdict, page.element)];
}
