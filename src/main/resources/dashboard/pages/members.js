/** @module pages/members */
import * as api from '../api.js';
import {h} from '../element.js';
import {text, vendor, words} from '../format.js';
import {ask, button, empty, facts, field, filterForm, moment, pager, perform, say, state, table} from '../parts.js';
import {to} from '../router.js';
import {difference} from './operations.js';


/** @param {import('../app.js').PageContext} context */
export function render(context) {
  const [first, second] = context.rest;
  return !first ? list(context) : second ? one(context, first, second) : one(context, 'member', first);
}

/** A person's name, or what comes next to one. */
export function named(record) {
  return [record.firstName, record.lastName].filter(Boolean).join(' ') || record.name || record.title || record.email || record.id;
}

function list({head, live, filters}) {
  const entity = () => filters.get('entity');
  const page = live({
    what: 'the members', every: 10_000, bones: 10,
    load: (signal) => {
      const search = filters.get('search').trim();
      const common = {organization: filters.get('organization'), cursor: filters.get('cursor')};
      const path = entity() ? `/records/${entity()}` : '/members';
      if (/^[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{13}$/.test(search) && /\d/.test(search)) {
        return api.get(`${path}/${search}`, {}, signal).then((found) => ({items: [found], next: null}),
            (problem) => (problem.status === 404 ? {items: [], next: null} : Promise.reject(problem)));
      }
      if (!search || search.includes('@')) {
        return api.get(path, {...common, email: search}, signal);
      }
      return api.takes(entity() ? '/api/records/{entity}' : '/api/members', 'search')
          .then((isTaken) => (isTaken ? api.get(path, {...common, search}, signal) : {items: [], next: null, byAddress: true}));
    },
    show: ({items, next, byAddress}) => h('section.card.flush', table({
      caption: 'Members', quiet: true, rows: items,
      none: empty('Nobody is found', h('p', byAddress ? 'This hub finds them by their whole e-mail address or their id: write one of these.' : 'An e-mail address has to be whole; a name may be its beginning; an id has 13 letters and digits.')),
      columns: [
        {head: 'Member', cell: (row) => h('a', {href: to('members', entity() ? [entity(), row.id] : [row.id]), 'data-item': true, 'data-key': row.id}, named(row))},
        {head: 'E-mail', wide: true, cell: (row) => row.email && h('span.break', row.email)},
        {head: 'Known by', wide: true, cell: (row) => [...new Set((row.sources ?? []).map((source) => vendor(source.platform)))].join(', ')},
        {head: 'Organization', cell: (row) => row.organization},
        {head: 'State', cell: (row) => (row.mergedInto ? state('merged', '') : row.deletedAt ? state('tombstone', '') : '')},
        {head: 'Changed', cell: (row) => moment(row.updatedAt)},
      ],
    }), pager(filters, next, 'members')),
  });
  return [head('Members'), filterForm(filters, [
    {name: 'search', label: 'E-mail, name or id', search: true, wide: true}, {name: 'entity', label: 'Entity', first: 'Members', options: ENTITIES}, {name: 'organization', label: 'Organization'},
  ], () => page.refresh()), page.element];
}

const ENTITIES = ['event', 'registration', 'membership', 'campaign', 'transaction', 'recurring_plan'];

const TIMELINE_MAX = 50;

function one({head, live}, entity, id) {
  const path = entity === 'member' ? `/members/${encodeURIComponent(id)}` : `/records/${encodeURIComponent(entity)}/${encodeURIComponent(id)}`;
  const title = head(`${words(entity)} ${id}`, h('a', {href: '#/members'}, '← Members'));
  const page = live({
    what: `the ${entity.replace('_', ' ')}`, every: 8000, bones: 10,
    load: async (signal) => {
      const [record, explained, timeline] = await Promise.all([
        api.get(path, {}, signal), api.get(`${path}/explain`, {}, signal),
        api.may('audit') ? api.get('/audit', {recordId: id, limit: TIMELINE_MAX}, signal) : null,
      ]);
      return {record, explained, timeline};
    },
    show: (data) => {
      const name = entity === 'member' ? named(data.record) : `${words(entity)} ${data.record.name ?? id}`;
      title.querySelector('h1').textContent = name;
      document.title = `${name} · Muster`;
      return [
        summary(data.record, entity, path, page),
        fields(data, path, () => page.refresh()),
        sources(data),
        data.timeline && history(data.timeline, id),
      ];
    },
  });
  return [title, page.element];
}

function summary(record, entity, path, page) {
  return h('section.card.stack.tight',
      record.mergedInto && h('div.notice.warn', h('p', 'This record was merged into ', h('a', {href: to('members', [record.mergedInto])}, record.mergedInto), '.')),
      record.deletedAt && h('div.notice.warn', h('p', 'No source has it any more: it is kept as a tombstone.')),
      facts([
        ['Id', h('span.mono', record.id)], ['Organization', record.organization],
        ['Known since', moment(record.createdAt, true)], ['Changed', [moment(record.updatedAt, true), h('span.muted', ` · version ${record.version}`)]],
      ]),
      entity === 'member' && h('div.actions',
          api.may('erase') && button('Export', () => save(path, record)),
          api.may('decide') && (record.sources ?? []).length > 1 && button('Take apart…', () => unmerge(path, record, page)),
          api.may('decide') && button('Merge with…', () => merge(path, record, page)),
          api.may('erase') && (record.deletedAt && (record.sources ?? []).length === 0 ? button('Lift the erasure…', () => lift(path, page)) : button('Erase…', () => erase(path, record), 'danger'))));
}

async function save(path, record) {
  const exported = await perform(() => api.get(`${path}/export`), 'The export is ready');
  if (exported) {
    const address = URL.createObjectURL(new Blob([JSON.stringify(exported, null, 2)], {type: 'application/json'}));
    h('a', {href: address, download: `member-${record.id}.json`}).click();
    URL.revokeObjectURL(address);
  }
}

function erase(path, record) {
  ask({
    title: `Erase ${named(record)}?`, action: 'Erase', danger: true, type: record.id,
    body: h('div.stack.tight', h('p', 'Every value of this person is removed from the hub, and the next pull does not bring them back. This cannot be undone. The audit log keeps that it was done.'),
        field('Why', h('input', {name: 'reason', required: true, maxlength: 1000}), 'It is kept: write no value of the person here.')),
    act: async (form) => {
      const answer = await api.remove(`${path}?${new URLSearchParams({erase: 'true', reason: form.get('reason')})}`);
      const told = [...answer.platforms.map((each) => ({where: vendor(each.platform), what: words(each.entity), id: each.externalId})),
        ...answer.targets.map((each) => ({where: vendor(each.platform), what: `told by ${each.target}, account ${each.integration}`, id: each.externalId}))];
      location.hash = '#/members';
      ask({title: 'The person is erased', action: 'Done', isWide: told.length > 0, body: told.length === 0 ? h('p', 'No platform has to be told.') : h('div.stack.tight',
          h('p', 'The erasure has to be sent to these platforms too:'),
          table({caption: 'To be told', quiet: true, rows: told, columns: [
            {head: 'Platform', cell: (row) => row.where}, {head: 'What', cell: (row) => row.what}, {head: 'Id there', cell: (row) => h('span.mono.break', text(row.id))},
          ]})), act: async () => {}});
    },
  });
}

function lift(path, page) {
  ask({
    title: 'Lift the erasure?', action: 'Lift',
    body: h('div.stack.tight', h('p', 'For somebody who came back of their own will: what a platform says of them from now on is heard again.'), field('Why', h('input', {name: 'reason', required: true, maxlength: 1000}))),
    act: async (form) => {
      const {lifted} = await api.post(`${path}/lift-erasure`, {reason: form.get('reason')});
      say(lifted > 0 ? 'The erasure is lifted' : 'Nothing keeps this person out');
      page.refresh();
    },
  });
}

function merge(path, record, page) {
  ask({
    title: `Merge ${named(record)} with another`, action: 'Merge',
    body: field('Id of the other member', h('input', {name: 'with', required: true, pattern: '[0-9A-Za-z]{13}', autocomplete: 'off'}), 'Both become one record. It can be taken apart again.'),
    act: async (form) => {
      await api.post(`${path}/merge`, {with: form.get('with')});
      page.refresh();
    },
  });
}

function unmerge(path, record, page) {
  ask({
    title: `Take ${named(record)} apart`, action: 'Take apart',
    body: h('fieldset.stack.tight', h('legend.label-text', 'These become a member of their own'),
        record.sources.map((source) => h('label.check', h('input', {type: 'checkbox', name: 'source', value: `${source.platform}\n${source.externalId}`}), `${vendor(source.platform)} ${source.externalId}`))),
    act: async (form) => {
      const chosen = form.getAll('source').map((each) => String(each).split('\n')).map(([platform, externalId]) => ({platform, externalId}));
      await api.post(`${path}/unmerge`, {sources: chosen});
      page.refresh();
    },
  });
}

function fields({explained}, path, refresh) {
  return h('section.card.flush', table({
    caption: 'Fields, and where each came from', rows: explained.fields,
    columns: [
      {head: 'Field', cell: (row) => words(row.field)},
      {head: 'Value', wide: true, cell: (row) => h('span.value-text', text(row.value))},
      {head: 'From', wide: true, cell: (row) => (row.overriddenBy
        ? [state('override', 'busy'), h('span.small', ` ${row.overriddenBy.by}, `, moment(row.overriddenBy.at)), row.overriddenBy.reason && h('span.small.muted', `: ${row.overriddenBy.reason}`)]
        : row.winner ? [vendor(row.winner.platform), h('span.muted.small', ' ', moment(row.winner.observedAt))] : h('span.muted', 'nobody says'))},
      {head: 'Why', wide: true, cell: (row) => [row.conflict && [h('a', {href: to('conflicts', [], {field: row.field})}, state('conflict')), ' '],
        h('details', {'data-key': `why-${row.field}`}, h('summary', words(row.rule)), h('p.small', row.why), candidates(row))]},
      {head: 'Decide', act: true, cell: (row) => (api.may('decide') && h('span.actions',
          button(row.overriddenBy ? 'Change…' : 'Override…', () => override(path, row, refresh), 'little', {'aria-label': `Override ${words(row.field)}`, 'data-key': `override-${row.field}`}),
          row.overriddenBy && button('Lift', () => perform(() => api.remove(`${path}/overrides/${encodeURIComponent(row.field)}`), 'The override is lifted').then(refresh), 'little', {'aria-label': `Lift the override of ${words(row.field)}`, 'data-key': `lift-${row.field}`}))) || ''},
    ],
  }));
}

function candidates(row) {
  return h('ul.stack.tight', row.candidates.map((one) => h('li.small', h('strong', vendor(one.platform)), ' says ',
      h('span.value-text', text(one.value)), h('span.muted', ' ', moment(one.observedAt)), one.stands ? [' ', state('stands', 'good')] : h('span.muted', ` · ${one.why}`))));
}

function override(path, row, refresh) {
  const structured = row.value !== null && typeof row.value === 'object';
  const input = structured ? h('textarea.mono', {name: 'value'}, JSON.stringify(row.value, null, 2))
    : h('input', {name: 'value', value: row.value ?? '', autocomplete: 'off'});
  ask({
    title: `Override ${words(row.field)}`, action: 'Override',
    body: h('div.stack.tight', field('Value', input, 'It stands, whatever the platforms say, until it is lifted.'),
        field('Why', h('input', {name: 'reason', required: true, maxlength: 500}))),
    act: async (form) => {
      const value = typed(String(form.get('value')), row.value);
      await api.put(`${path}/overrides/${encodeURIComponent(row.field)}`, {value, reason: form.get('reason')});
      refresh();
    },
  });
}

/** What was written, in the type that the value has. @param {string} written @param {unknown} before */
export function typed(written, before) {
  if (typeof before === 'number' && written.trim() !== '' && Number.isFinite(Number(written))) {
    return Number(written);
  }
  if (typeof before === 'boolean' && /^(true|false)$/.test(written.trim())) {
    return written.trim() === 'true';
  }
  if (before !== null && typeof before === 'object') {
    try {
      return JSON.parse(written);
    } catch {
      return written;
    }
  }
  return written;
}

/** What each source says, side by side. */
function sources({record, explained}) {
  const keys = (record.sources ?? []).map((source) => ({...source, key: `${source.platform}\n${source.externalId}`}));
  const said = new Map(explained.fields.map((row) => [row.field, new Map(row.candidates.map((each) => [`${each.platform}\n${each.externalId}`, each]))]));
  const rows = explained.fields.filter((row) => row.candidates.length > 0);
  return h('section.card.flush', table({
    caption: 'Sources side by side', rows, none: empty('No source says anything'),
    columns: [{head: 'Field', cell: (row) => words(row.field)},
      ...keys.map((source) => ({
        head: `${vendor(source.platform)} ${source.externalId}${source.removed ? ' (removed)' : ''}`,
        cell: (row) => {
          const each = said.get(row.field)?.get(source.key);
          return each && [h('span.value-text', text(each.value)), each.stands && [' ', h('span.state.good', 'stands')]];
        },
      }))],
  }), record.rejected?.length > 0 && h('div.pager.stack.tight', h('h3', 'Not taken'), record.rejected.map((each) =>
    h('p.small', `${words(each.field)} of ${vendor(each.platform)}: `, h('span.mono.break', text(each.value)), h('span.muted', ` · ${each.reason}`)))));
}

function history({items, next}, id) {
  return h('section.card', h('h2', 'Timeline'), items.length === 0 ? empty('Nothing has happened yet')
    : h('ol.steps', items.map((entry) => h('li', h('h3', words(entry.action), ' ', h('span.muted.small', 'by ', entry.actor, ' ', moment(entry.at))),
        (entry.reason || entry.operationId) && h('p.small.muted', entry.reason, entry.operationId && [entry.reason ? ' · ' : '', h('a', {href: to('operations', [entry.operationId])}, 'the operation')]),
        entry.redacted ? h('p.small.muted', 'An erasure took the values.') : difference(entry.changes)))),
  next && h('p', h('a', {href: to('audit', [], {recordId: id})}, 'All of it, in the audit log')));
}
