/** @module pages/operations */
import * as api from '../api.js';
import {h} from '../element.js';
import {duration, laidOut, number, targetName, text, vendor, words} from '../format.js';
import {ask, button, empty, facts, filterForm, forceBox, moment, pager, platformFilter, say, state, table} from '../parts.js';
import {to} from '../router.js';
import {allUndos, oneUndo, undo, undoWindow} from '../undo.js';

const STATUSES = ['pending', 'processing', 'success', 'ignored', 'conflict', 'failed', 'dead', 'held'];
const APPLIED = ['success', 'conflict'];

/** @param {import('../app.js').PageContext} context */
export function render(context) {
  const [first, second] = context.rest;
  return first === 'undos' ? (second ? oneUndo(context, second) : allUndos(context)) : first ? one(context, first) : list(context);
}

function list({head, live, filters}) {
  const asked = () => ({status: filters.get('status'), platform: filters.get('platform'), organization: filters.get('organization'), cursor: filters.get('cursor')});
  const page = live({
    what: 'the operations', every: 5000, bones: 10,
    load: (signal) => (/^[0-9A-Za-z]{13}$/.test(filters.get('id'))
      ? api.get(`/operations/${filters.get('id')}`, {}, signal).then((found) => ({items: [found], next: null}))
      : api.get('/operations', asked(), signal)),
    show: ({items, next}) => h('section.card.flush', table({
      caption: 'Operations, newest first', quiet: true, rows: items,
      none: empty('No operation is like that', h('p', 'Take a filter away, or wait: what arrives is shown by itself.')),
      columns: [
        {head: 'Operation', cell: (row) => h('a.mono', {href: to('operations', [row.id]), 'data-item': true, 'data-key': row.id}, row.id)},
        {head: 'State', cell: (row) => state(row.status)},
        {head: 'Platform', cell: (row) => vendor(row.platform)},
        {head: 'What', cell: (row) => h('span.keep', row.kind ?? words(row.type))},
        {head: 'Account', cell: (row) => [row.integration, row.organization !== 'default' && h('span.muted', ` · ${row.organization}`)]},
        {head: 'Came', cell: (row) => moment(row.createdAt)},
        {head: 'Tries', amount: true, cell: (row) => number(row.attempts)},
        {head: 'Error', wide: true, cell: (row) => row.error && h('span.break.small', row.error)},
      ],
    }), pager(filters, next, 'operations')),
  });
  return [head('Operations'), h('div.toolbar', filterForm(filters, [
    {name: 'id', label: 'Operation’s id', search: true, wide: true},
    {name: 'status', label: 'State', options: STATUSES},
    platformFilter(), {name: 'organization', label: 'Organization'},
  ], () => page.refresh()), h('div.actions', api.may('undo') && button('Undo a span of time…', () => undoWindow(filters)),
      h('a.button', {href: '#/operations/undos'}, 'Undos'))), page.element];
}

/** What of the API is not there, or not allowed, leaves out its step and no more. */
const part = (promise) => promise.then((found) => ({found}), (problem) => {
  if ([400, 403, 404].includes(problem.status)) {
    return {why: problem.isMissing ? 'This hub does not keep that yet.' : problem.message};
  }
  throw problem;
});

function one({head, live}, id) {
  const page = live({
    what: 'the operation', every: 4000, bones: 8,
    load: async (signal) => {
      const operation = await api.get(`/operations/${encodeURIComponent(id)}`, {}, signal);
      const [delivery, audit, letter] = await Promise.all([
        part(api.get(`/deliveries/${operation.deliveryId}`, {}, signal)),
        api.may('audit') ? part(api.get('/audit', {operationId: id, limit: 100}, signal)) : {why: 'Your key may not see the audit log, which knows.'},
        operation.status === 'dead' ? part(api.get(`/dead-letters/${id}`, {}, signal)) : null,
      ]);
      const records = [...new Set((audit.found?.items ?? []).map((entry) => entry.recordId).filter(Boolean))].slice(0, 10);
      const pushes = await Promise.all(records.map((record) => part(api.get('/pushes', {goldenId: record}, signal))));
      return {operation, delivery, audit, letter, pushes: pushes.flatMap((each) => each.found?.items ?? [])};
    },
    show: (data) => story(data, page),
  });
  return [head(`Operation ${id}`, h('a', {href: '#/operations'}, '← Operations')), page.element];
}

function story({operation, delivery, audit, letter, pushes}, page) {
  const again = () => ask({
    title: `Replay operation ${operation.id}?`, action: 'Replay',
    body: h('div.stack.tight', h('p', operation.status === 'dead' ? 'It goes back into the queue.' : 'Its delivery goes into the queue once more, as an operation of its own. What is known already changes nothing.'), forceBox()),
    act: async (form) => {
      const answer = await api.post(`/${operation.status === 'dead' ? 'dead-letters' : 'operations'}/${operation.id}/replay`, {force: form.has('force')});
      say(['Queued as ', h('a', {href: to('operations', [answer.operationId])}, `operation ${answer.operationId}`)]);
      await page.refresh();
    },
  });
  return [
    h('div.row', state(operation.status),
        api.may('replay') && button('Replay…', again),
        api.may('undo') && APPLIED.includes(operation.status) && button('Undo…', () => undo({operation: operation.id}, `operation ${operation.id}`), 'danger')),
    h('ol.steps.card',
        h('li', h('h3', 'Delivered'), facts([
          ['Platform', [vendor(operation.platform), h('span.muted', ` · account ${operation.integration} of ${operation.organization}`)]],
          ['Delivery', h('span.mono', operation.deliveryId)],
          ['Received', moment(delivery.found?.receivedAt ?? operation.createdAt, true)],
          delivery.found?.recordKey && ['Record there', h('span.mono.break', text(delivery.found.recordKey))],
        ]), delivery.found
          ? h('div.stack.tight',
              h('details', {'data-key': 'headers'}, h('summary', 'Headers'), facts(Object.entries(delivery.found.headers ?? {}).map(([name, value]) => [name, h('span.mono', String(value))]))),
              h('details', {'data-key': 'body'}, h('summary', `Body, ${number(delivery.found.bodyBytes)} bytes`), h('pre', {tabindex: '0'}, laidOut(delivery.found.body))))
          : h('p.muted', delivery.why)),
        h('li', {class: ['dead', 'failed'].includes(operation.status) ? 'bad' : ''}, h('h3', 'Worked on'), facts([
          ['What', operation.kind ?? words(operation.type)],
          ['Tries', number(operation.attempts)],
          ['Ended', operation.processedAt ? [moment(operation.processedAt, true), h('span.muted', `, ${duration(Date.parse(operation.processedAt) - Date.parse(operation.createdAt))} after it came`)] : 'not yet'],
          operation.error && ['Error', [h('span.value-text', operation.error), operation.errorCode && h('span.muted', ` (${words(operation.errorCode)})`)]],
          letter?.found?.redriveAt && ['Tried again', moment(letter.found.redriveAt)],
        ]), letter?.found?.stack && h('details', {'data-key': 'stack'}, h('summary', 'Where in the program'), h('pre', {tabindex: '0'}, letter.found.stack))),
        h('li', h('h3', 'Changed'), audit.found
          ? changes(audit.found.items) : h('p.muted', audit.why)),
        h('li', h('h3', 'Pushed'), pushes.length === 0 ? h('p.muted', 'Nothing is pushed because of it, or not any more.')
          : h('ul.stack.tight', pushes.map((push) => h('li.row', state(push.status), `${targetName(push.target)} `, h('span.muted', `account ${push.integration}`), push.error && h('span.small.break', push.error)))))),
  ];
}

/** What an act changed. @param {Array<any>} entries of the audit */
export function changes(entries) {
  if (entries.length === 0) {
    return h('p.muted', 'Nothing: what it said was known, or no longer the newest.');
  }
  return h('div.stack.tight', entries.map((entry) => h('div.stack.tight',
      h('p', words(entry.action), ' ', entry.recordId ? h('a', {href: record(entry.entity, entry.recordId)}, `${words(entry.entity)} ${entry.recordId}`) : '', ' ', h('span.muted', moment(entry.at, true))),
      difference(entry.changes))));
}

/** Where a golden record is shown. */
export function record(entity, id) {
  return entity === 'member' ? to('members', [id]) : to('members', [entity, id]);
}

/**
 * Before and after, field by field.
 * @param {Record<string, unknown>} changed a field's values are [before, after]; of an act, what is said about it
 */
export function difference(changed) {
  const isPair = ([, each]) => Array.isArray(each) && each.length === 2;
  const all = Object.entries(changed ?? {});
  const rows = all.filter(isPair);
  const rest = all.filter((one) => !isPair(one));
  return [rest.length > 0 && facts(rest.map(([name, each]) => [words(name), h('span.value-text', text(each))])), rows.length > 0 && table({
    caption: 'Before and after', quiet: true, rows,
    columns: [
      {head: 'Field', cell: ([field]) => words(field)},
      {head: 'Before', cell: ([, each]) => h('span.value-text', {class: each[0] === null ? 'muted' : 'gone'}, text(each[0]))},
      {head: 'After', cell: ([, each]) => h('span.value-text', text(each[1]))},
    ],
  })];
}
