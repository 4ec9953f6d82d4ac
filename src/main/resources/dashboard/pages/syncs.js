/** @module pages/syncs */
import * as api from '../api.js';
import {fill, h} from '../element.js';
import {duration, number, percent, targetName, text, vendor, words} from '../format.js';
import {ask, button, empty, facts, field, filterForm, moment, pager, perform, platformFilter, state, table} from '../parts.js';
import {to} from '../router.js';
import {brakes} from '../brakes.js';
import {undo} from '../undo.js';
import {record} from './operations.js';

const PAGE_RUNS = 25;
const STREAMS_PLATFORMS_MAX = 12;

/** @param {import('../app.js').PageContext} context */
export function render(context) {
  return context.rest[0] === 'runs' && context.rest[1] ? run(context, context.rest[1]) : both(context);
}

function both({head, live, filters, signal}) {
  const platform = () => filters.get('platform');
  const streams = live({
    what: 'the streams', every: 5000, bones: 6,
    load: async (asked) => {
      // the streams are asked for by platform: those that have an account
      const names = platform() ? [platform()] : [...new Set((await api.get('/integrations', {limit: 500}, asked)).items.map((one) => one.platform))].slice(0, STREAMS_PLATFORMS_MAX);
      const answers = await Promise.all(names.map((name) => api.get('/sync/streams', {platform: name, organization: filters.get('organization')}, asked)
          .catch((problem) => (problem.status === 404 ? {items: []} : Promise.reject(problem)))));
      const items = answers.flatMap((one) => one.items);
      const running = items.filter((one) => one.runId).slice(0, PAGE_RUNS);
      const runs = await Promise.all(running.map((one) => api.get(`/sync/status/${one.runId}`, {}, asked).catch(() => null)));
      return {items, runs: Object.fromEntries(runs.filter(Boolean).map((one) => [one.id, one]))};
    },
    show: ({items, runs}) => h('section.card.flush', table({
      caption: 'Streams: what is pulled', rows: items,
      none: empty('Nothing is pulled', h('p', 'No account that can be read from is connected. ', h('a', {href: '#/integrations'}, 'Look at the integrations'))),
      columns: [
        {head: 'Stream', cell: (row) => [words(row.stream), h('p.small.muted', `${vendor(row.platform)} · ${row.integration}${row.organization === 'default' ? '' : ` · ${row.organization}`}`)]},
        {head: 'State', cell: (row) => state(row.state)},
        {head: 'Progress', wide: true, cell: (row) => progress(runs[row.runId]) || ''},
        {head: 'Read up to', cell: (row) => (Number.isNaN(Date.parse(row.highWater)) || !/^\d{4}-/.test(row.highWater) ? h('span.small.break', text(row.highWater)) : moment(row.highWater))},
        {head: 'Next', cell: (row) => moment(row.nextRunAt)},
        {head: 'Last full', cell: (row) => moment(row.fullAt)},
        {head: 'Control', act: true, cell: (row) => (api.may('run') && control(row, () => streams.refresh())) || ''},
      ],
    })),
  });
  const history = live({
    what: 'the runs', every: 6000, bones: 6,
    load: (asked) => api.get('/sync/history', {platform: platform(), organization: filters.get('organization'), cursor: filters.get('cursor'), limit: PAGE_RUNS}, asked),
    show: ({items, next}) => h('section.card.flush', table({
      caption: 'Runs, newest first', rows: items, none: empty('No run yet'),
      columns: [
        {head: 'Run', cell: (row) => [h('a', {href: to('syncs', ['runs', row.id]), 'data-item': true, 'data-key': row.id}, `${vendor(row.platform)} ${row.stream}`), h('p.small.muted', words(row.kind))]},
        {head: 'State', cell: (row) => state(row.state)},
        {head: 'Began', cell: (row) => moment(row.startedAt)},
        {head: 'Took', amount: true, cell: (row) => duration(row.durationMillis)},
        {head: 'Read', amount: true, cell: (row) => number(row.read)},
        {head: 'New', amount: true, cell: (row) => number(row.created)},
        {head: 'Changed', amount: true, cell: (row) => number(row.changed)},
        {head: 'Conflicts', amount: true, cell: (row) => number(row.conflicts)},
        {head: 'Error', wide: true, cell: (row) => row.error && h('span.small.break', row.error)},
      ],
    }), pager(filters, next, 'syncs')),
  });
  const pushes = live({
    what: 'the pushes', every: 6000, bones: 6,
    load: (asked) => api.get('/pushes', {status: filters.get('push') || 'failed', platform: platform(), organization: filters.get('organization'), limit: 50}, asked),
    show: ({items}) => h('section.card.flush', table({
      caption: `Pushes: ${words(filters.get('push') || 'failed').toLowerCase()}`, rows: items, none: empty(`No push is ${words(filters.get('push') || 'failed').toLowerCase()}`),
      columns: [
        {head: 'Record', cell: (row) => h('a.mono', {href: record(row.entity, row.goldenId), 'data-item': true, 'data-key': `${row.goldenId}-${row.target}`}, row.goldenId)},
        {head: 'Target', cell: (row) => [targetName(row.target), h('p.small.muted', row.integration)]},
        {head: 'State', cell: (row) => state(row.status)},
        {head: 'Tries', amount: true, cell: (row) => number(row.attempts)},
        {head: 'Changed', cell: (row) => moment(row.updatedAt)},
        {head: 'Why', wide: true, cell: (row) => (row.error ? h('span.small.break', row.error) : row.contested ? h('a', {href: to('conflicts', [], {kind: 'push'})}, `Held: ${Object.keys(row.contested).map(words).join(', ')}`) : '')},
        {head: 'Push again', act: true, cell: (row) => (api.may('replay') && ['failed', 'held'].includes(row.status) && button('Push again', () => perform(() => api.post(`/pushes/${[row.goldenId, row.target, row.integration].map(encodeURIComponent).join('/')}/replay`), 'It is due').then(() => pushes.refresh()), 'little', {'aria-label': `Push ${row.goldenId} again`, 'data-key': `push-${row.goldenId}-${row.target}`})) || ''},
      ],
    })),
  });
  const held = live({
    what: 'the brakes', every: 8000, bones: 1,
    load: (asked) => api.get('/brakes', {organization: filters.get('organization'), limit: 50}, asked),
    show: ({items}) => brakes(items.filter((one) => !platform() || one.platform === platform()), () => refresh()),
  });
  const refresh = () => Promise.all([held.refresh(), streams.refresh(), history.refresh(), pushes.refresh()]);
  return [head('Syncs'), filterForm(filters, [
    platformFilter({search: true}), {name: 'organization', label: 'Organization'},
    {name: 'push', label: 'Pushes', first: 'Failed', options: ['held', 'due', 'processing', 'settled']},
  ], refresh), h('div.stack', held.element, streams.element, pushes.element, plan(signal), history.element)];
}

function progress(one) {
  return one && !one.endedAt && h('span.nowrap', one.progress === undefined
    ? h('span.muted.small', `${number(one.read)} read`)
    : [h('progress', {max: 1, value: one.progress, 'aria-label': `Progress of ${one.stream}`}), h('span.small.number', ` ${percent(one.progress)}, ${duration(one.remainingMillis)} left`)]);
}

function control(row, refresh) {
  const which = {organization: row.organization, platform: row.platform, integration: row.integration, stream: row.stream};
  const key = `${row.platform}-${row.integration}-${row.stream}`;
  const named = `${vendor(row.platform)} ${row.stream}`;
  const start = (mode) => perform(() => api.post('/sync/start', {...which, mode}), `${named} is started`).then(refresh);
  return h('span.actions', ['reading', 'waiting'].includes(row.state)
    ? button('Stop', () => perform(() => api.post('/sync/stop', which), `${named} is stopped`).then(refresh), 'little', {'aria-label': `Stop ${named}`, 'data-key': `stop-${key}`})
    : [button('Start', () => start('incremental'), 'little', {'aria-label': `Start ${named}`, 'data-key': `start-${key}`}),
      button('Full', () => start('full'), 'little', {'aria-label': `Read ${named} in full`, 'data-key': `full-${key}`}),
      button('One…', () => ask({
        title: `Read one record of ${named}`, action: 'Read', body: field('Its id there', h('input', {name: 'id', required: true, autocomplete: 'off'})),
        act: async (form) => {
          await api.post('/sync/manual', {platform: row.platform, integration: row.integration, stream: row.stream, id: form.get('id')});
          refresh();
        },
      }), 'little', {'aria-label': `Read one record of ${named}`, 'data-key': `one-${key}`})]);
}

/** What would be pushed to a target. @param {AbortSignal} signal */
function plan(signal) {
  const answer = h('div', {'aria-live': 'polite'});
  const target = h('input', {id: 'plan-target', name: 'target', required: true, autocomplete: 'off', spellcheck: 'false'});
  const organization = h('input', {id: 'plan-organization', name: 'organization', value: 'default', autocomplete: 'off'});
  return h('section.card.flush', h('div.head', h('h2', 'Plan: what would be pushed')), h('form.pager.row', {onsubmit: async (event) => {
    event.preventDefault();
    try {
      const {items, next} = await api.get('/pushes/plan', {target: target.value.trim(), organization: organization.value.trim(), limit: 50}, signal);
      fill(answer, table({
        caption: `What would be pushed to ${target.value}`, quiet: true, rows: items, none: empty('Nothing: it agrees already'),
        columns: [
          {head: 'Record', cell: (row) => h('span.mono', row.goldenId)},
          {head: 'Step', cell: (row) => words(row.step)},
          {head: 'Why', wide: true, cell: (row) => row.reason},
          {head: 'Differences', wide: true, cell: (row) => h('ul', Object.entries(row.differences ?? {}).map(([name, one]) => h('li.small', `${words(name)}: `, h('span.gone', text(one.there)), ' → ', text(one.here))))},
        ],
      }), next && h('p.pager.muted.small', 'The first 50 are shown.'));
    } catch (problem) {
      if (problem.name !== 'AbortError') {
        fill(answer, h('div.notice.bad', {role: 'alert'}, problem.message));
      }
    }
  }}, h('div.field', h('label', {for: 'plan-target'}, 'Target'), target), h('div.field', h('label', {for: 'plan-organization'}, 'Organization'), organization),
  h('div.actions', h('button', {type: 'submit'}, 'Show the plan'), api.may('run') && button('Push all again…', () => ask({
    title: `Push everything to ${target.value || '…'} again?`, action: 'Push again',
    body: h('p', 'Every record that the target should have becomes due; what it has already is recognized and not sent.'),
    act: async () => {
      let cursor;
      do {
        const enqueued = await api.post('/pushes/enqueue', {target: target.value.trim(), organization: organization.value.trim(), ...(cursor ? {cursor} : {})});
        cursor = enqueued?.next;
      } while (cursor && !signal.aborted);
    },
  })))), answer);
}

function run({head, live}, id) {
  const page = live({
    what: 'the run', every: 3000, bones: 8, load: (signal) => api.get(`/sync/status/${encodeURIComponent(id)}`, {}, signal),
    show: (one) => h('section.card.stack', h('div.row', state(one.state), progress(one), api.may('undo') && one.endedAt && button('Undo the run…', () => undo({run: id}, `the run of ${vendor(one.platform)} ${one.stream}`), 'danger')),
        one.error && h('div.notice.bad', h('p', one.error)),
        facts([
          ['Stream', `${vendor(one.platform)} ${one.stream}, account ${one.integration} of ${one.organization}`], ['Kind', words(one.kind)], one.since && ['Since', one.since],
          ['Began', moment(one.startedAt, true)], ['Ended', one.endedAt ? [moment(one.endedAt, true), h('span.muted', `, after ${duration(one.durationMillis)}`)] : 'not yet'],
          ['Pages', `${number(one.pages)} read, ${number(one.pagesApplied)} applied${one.pagesDead ? `, ${number(one.pagesDead)} dead` : ''}${one.pagesIgnored ? `, ${number(one.pagesIgnored)} ignored` : ''}`],
          ['Records', `${number(one.read)} read${one.total === null ? '' : ` of ${number(one.total)}`}: ${number(one.created)} new, ${number(one.changed)} changed, ${number(one.unchanged)} unchanged, ${number(one.refused)} refused`],
          ['Conflicts', number(one.conflicts)], ['Calls', `${number(one.calls)}, ${number(one.bytes)} bytes`], ['Quota', one.quotaUsed === null ? 'none' : `${percent(one.quotaUsed)} used at its end`],
        ])),
  });
  return [head(`Run ${id}`, h('a', {href: '#/syncs'}, '← Syncs')), page.element];
}
