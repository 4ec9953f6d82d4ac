/**
 * What was applied is taken back: first shown, then done, then followed.
 * @module undo
 */
import * as api from './api.js';
import {h} from './element.js';
import {number, percent, text, vendor, words} from './format.js';
import {ask, button, empty, facts, field, moment, pager, perform, platformChoice, say, state, table} from './parts.js';
import {to} from './router.js';

const KINDS = {operation: 'an operation', run: 'a run', window: 'a span of time', undo: 'an undo'};

/**
 * Shows what an undo would do, and does it when told so.
 * @param {object} what `operation`, `run`, or `platform` with `from` and `until` @param {string} name of it
 */
export async function undo(what, name) {
  const preview = await perform(() => api.post('/undo/preview', what), 'This is what would change');
  if (preview) {
    confirm(preview, `Undo ${name}?`, 'Undo', (reason) => api.post('/undo', {...what, reason}));
  }
}

function confirm(preview, title, action, begin) {
  const rows = preview.differences;
  const sum = (count, one, many) => `${number(count)} ${count === 1 ? one : many}`;
  ask({
    title, action, danger: true, isWide: true,
    body: h('div.stack.tight',
        h('p', `${sum(preview.fields, 'field', 'fields')} of ${sum(preview.records, 'source record', 'source records')} would change, and by them ${sum(preview.goldenRecords, 'golden record', 'golden records')}.`,
            preview.withdrawn > 0 && ` Nothing is left of ${sum(preview.withdrawn, 'source record', 'source records')}.`,
            preview.skipped > 0 && ` ${sum(preview.skipped, 'field stays', 'fields stay')}: something was stated since.`),
        !preview.isComplete && h('p.notice.warn', `There is more: only ${number(preview.changes)} changes were looked at.`),
        table({
          caption: 'What would change', quiet: true, rows, none: empty('Nothing would change'),
          columns: [
            {head: 'Record', cell: (row) => [words(row.entity), h('p.small.muted.break', `${vendor(row.platform)} ${row.externalId}`)]},
            {head: 'Field', cell: (row) => words(row.field)},
            {head: 'Now', cell: (row) => h('span.value-text', {class: row.skippedFor ? '' : 'gone'}, text(row.before))},
            {head: 'Then', cell: (row) => (row.skippedFor || row.why ? h('span.muted.small', `stays: ${row.why}`) : h('span.value-text', text(row.after)))},
          ],
        }),
        preview.fields + preview.skipped > rows.length && h('p.muted.small', `The first ${number(rows.length)} are shown.`),
        field('Why', h('input', {name: 'reason', required: true, maxlength: 1000}))),
    act: async (form) => {
      const begun = await begin(form.get('reason'));
      say('The undo is under way');
      location.hash = to('operations', ['undos', begun.id]);
    },
  });
}

/** Asks for a platform and a span of time, and shows what an undo of all that it sent would do. @param {import('./router.js').Filters} filters */
export function undoWindow(filters) {
  const local = (time) => new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  const time = (name, at) => h('input', {type: 'datetime-local', name, required: true, value: local(at)});
  ask({
    title: 'Undo what a platform sent', action: 'Show what would change',
    body: h('div.stack.tight', field('Platform', platformChoice(filters.get('platform'))),
        field('Account', h('input', {name: 'integration', autocomplete: 'off'}), 'Empty for all of the platform’s'),
        field('Organization', h('input', {name: 'organization', autocomplete: 'off', value: filters.get('organization') || api.who()?.organization || 'default', required: true})),
        field('From', time('from', Date.now() - 3_600_000)), field('Until', time('until', Date.now() + 60_000))),
    act: async (form) => {
      const what = Object.fromEntries(['platform', 'integration', 'organization'].map((name) => [name, String(form.get(name)).trim()]).filter(([, value]) => value));
      for (const name of ['from', 'until']) {
        what[name] = new Date(String(form.get(name))).toISOString();
      }
      const preview = await api.post('/undo/preview', what);
      confirm(preview, `Undo what ${vendor(what.platform)} sent?`, 'Undo', (reason) => api.post('/undo', {...what, reason}));
    },
  });
}

const progress = (row) => (row.state === 'running'
  ? h('span.nowrap', h('progress', {max: 1, value: row.progress, 'aria-label': 'Progress of the undo'}), h('span.small.number', ` ${percent(row.progress)}`)) : '');

/** The page of all undos. @param {import('./app.js').PageContext} context */
export function allUndos({head, live, filters}) {
  const page = live({
    what: 'the undos', every: 5000, bones: 6, load: (signal) => api.get('/undo', {organization: filters.get('organization'), cursor: filters.get('cursor')}, signal),
    show: ({items, next}) => h('section.card.flush', table({
      caption: 'Undos, newest first', quiet: true, rows: items, none: empty('Nothing was undone yet', h('p', 'An operation and a run are undone on their own pages, what a platform sent on Operations.')),
      columns: [
        {head: 'Undo', cell: (row) => [h('a', {href: to('operations', ['undos', row.id]), 'data-item': true, 'data-key': row.id}, `Of ${KINDS[row.kind]}`), h('p.small.muted', vendor(row.platform))]},
        {head: 'State', cell: (row) => state(row.state)},
        {head: 'Progress', cell: progress},
        {head: 'When', cell: (row) => moment(row.createdAt)},
        {head: 'Who', cell: (row) => row.madeBy},
        {head: 'Fields', amount: true, cell: (row) => number(row.fields)},
        {head: 'Stayed', amount: true, cell: (row) => number(row.skipped)},
        {head: 'Why', wide: true, cell: (row) => row.reason},
      ],
    }), pager(filters, next, 'operations')),
  });
  return [head('Undos', h('a', {href: '#/operations'}, '← Operations')), page.element];
}

/** The page of one undo. @param {import('./app.js').PageContext} context @param {string} id */
export function oneUndo({head, live}, id) {
  const of = (row) => (row.of === null ? KINDS[row.kind]
    : h('a', {href: row.kind === 'run' ? to('syncs', ['runs', row.of]) : to('operations', row.kind === 'undo' ? ['undos', row.of] : [row.of])}, `${row.kind} ${row.of}`));
  const back = async () => {
    const preview = await perform(() => api.post('/undo/preview', {undo: id}), 'This is what would come back');
    if (preview) {
      confirm(preview, 'Put back what this undo took away?', 'Put back', (reason) => api.post(`/undo/${id}/undo`, {reason}));
    }
  };
  const page = live({
    what: 'the undo', every: 1500, bones: 6, load: (signal) => api.get(`/undo/${encodeURIComponent(id)}`, {}, signal),
    show: (row) => h('section.card.stack', h('div.row', state(row.state), progress(row),
        api.may('undo') && row.state === 'done' && !row.undoneBy && button('Put back…', back, 'danger')),
    facts([
      ['Of', of(row)], ['Platform', `${vendor(row.platform)}${row.integration ? `, account ${row.integration}` : ''} of ${row.organization}`],
      ['Who', row.madeBy], ['Why', row.reason], ['Began', moment(row.createdAt, true)], ['Ended', row.endedAt ? moment(row.endedAt, true) : 'not yet'],
      ['Changes', `${number(row.changes)} of ${number(row.total)} looked at`],
      ['Changed', `${number(row.fields)} fields of ${number(row.records)} source records; ${number(row.skipped)} fields stayed`],
      row.undoneBy && ['Put back by', h('a', {href: to('operations', ['undos', row.undoneBy])}, row.undoneBy)],
    ])),
  });
  return [head('Undo', h('a', {href: '#/operations/undos'}, '← Undos')), page.element];
}
