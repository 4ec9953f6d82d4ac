/** @module pages/overview */
import * as api from '../api.js';
import {brakes} from '../brakes.js';
import {chart} from '../chart.js';
import {h} from '../element.js';
import {duration, number, percent, vendor} from '../format.js';
import {filterForm, moment, state, table} from '../parts.js';
import {to} from '../router.js';

const RANGES = {'1h': 3_600_000, '6h': 21_600_000, '24h': 86_400_000, '7d': 604_800_000};
const BUCKETS = 60;
const SERIES_MAX = 6;
const SOON = 86_400_000;

/** Of a bucket that is not over, less than this says nothing. */
const SAYS_SOMETHING = 0.3;

/** @param {import('../app.js').PageContext} context */
export function render({head, live, filters, signal}) {
  const range = () => filters.get('range') || '1h';
  const rates = chart({title: 'Operations a minute', format: number, signal});
  const latency = chart({title: 'Latency, p95', format: duration, signal});
  const overTime = h('section.stack.tight');

  const traffic = (asked) => {
    // the same address for a minute: what did not change is answered 304
    const to = (Math.floor(Date.now() / 60_000) + 1) * 60_000;
    return api.get('/traffic', {from: new Date(to - RANGES[range()]).toISOString(), to: new Date(to).toISOString(), buckets: BUCKETS}, asked);
  };
  const page = live({
    what: 'the state of the hub', every: 10_000, bones: 8,
    load: async (asked) => {
      const [status, quotas, integrations, figures] = await Promise.all([
        api.status(), api.seesAll() ? api.get('/quotas', {}, asked) : null, api.get('/integrations', {limit: 500}, asked), traffic(asked),
      ]);
      return {status, quotas, integrations, figures: shaped(figures)};
    },
    show: (data) => {
      draw(data.figures, rates, latency);
      return [problems(data.status), ...brakes(data.status.brakes, () => page.refresh()), tiles(data.status), platforms(data)];
    },
  });
  const form = filterForm(filters, [{name: 'range', label: 'Span', first: 'the last hour', options: [['6h', 'the last 6 hours'], ['24h', 'the last day'], ['7d', 'the last 7 days']]}], () => page.refresh());
  overTime.append(h('div.toolbar', h('h2', 'Over time'), form), h('div.columns', rates.element, latency.element));
  return [head('Overview'), h('div.stack', page.element, overTime)];
}

/** What the hub counts, in the form that is drawn here. @param {any} traffic */
function shaped({from, to, platforms, series}) {
  const line = (counts) => ({
    accepted: counts.accepted, success: (counts.operations.success ?? 0) + (counts.operations.ignored ?? 0) + (counts.operations.conflict ?? 0),
    failed: counts.operations.failed ?? 0, dead: counts.operations.dead ?? 0, latencyP95: counts.latencyMillis.p95,
  });
  const step = series.stepSeconds;
  const first = Date.parse(series.from);
  const times = Array.from({length: Object.values(series.platforms)[0]?.length ?? 0}, (_, i) => first + i * step * 1000);
  // what is not over yet would look like a fall
  const elapsed = times.map((at) => Math.min(1, (Date.now() - at) / (step * 1000)));
  const shown = times.filter((_, i) => elapsed[i] >= SAYS_SOMETHING);
  return {from, to, step, elapsed: elapsed.slice(0, shown.length), at: shown.map((at) => new Date(at).toISOString()), platforms: platforms.map((one) => {
    const lines = (series.platforms[one.platform] ?? []).slice(0, shown.length).map(line);
    return {platform: one.platform, totals: line(one), series: {
      accepted: lines.map((each) => each.accepted), success: lines.map((each) => each.success),
      failed: lines.map((each) => each.failed + each.dead), latencyP95: lines.map((each) => each.latencyP95),
    }};
  })};
}

function problems(status) {
  return status.configProblems?.length > 0 && h('div.notice.bad', {role: 'alert'},
      h('strong', `${status.configProblems.length} ${status.configProblems.length === 1 ? 'problem' : 'problems'} in the files; what was in use before stays in use`),
      h('ul', status.configProblems.map((one) => h('li.small.break', one))),
      h('p.muted.small', 'Mend the files; ./muster check says the same, and the hub takes them up by itself.'));
}

function tile(label, value, note, address, calls = '') {
  return h(address ? 'a.tile' : 'div.tile', {href: address, class: calls, 'data-key': label},
      h('span.label', label), h('span.value', value), note && h('span.note', note));
}

function tiles({counts, queue, alerts}) {
  // the hub counts no further
  const counted = (/** @type {number} */ rows) => number(rows) + (rows >= 10_000 ? '+' : '');
  const waiting = Object.values(queue ?? {});
  const oldest = waiting.map((one) => one.oldestAt).filter(Boolean).sort()[0];
  const urgent = alerts.filter((one) => !one.acknowledgedAt).length;
  return h('div.tiles',
      queue && tile('Queue', number(waiting.reduce((sum, one) => sum + one.waiting, 0)), oldest ? ['oldest ', moment(oldest)] : 'nothing is late', to('operations', [], {status: 'pending'})),
      tile('Conflicts', counted(counts.conflicts), counts.conflicts ? 'to decide' : 'none', '#/conflicts', counts.conflicts ? 'calls' : ''),
      tile('Duplicates', counted(counts.duplicates), counts.duplicates ? 'to decide' : 'none', '#/duplicates', counts.duplicates ? 'calls' : ''),
      tile('Dead letters', counted(counts.deadLetters), counts.deadLetters ? 'to replay' : 'none', '#/dead-letters', counts.deadLetters ? 'calls bad' : ''),
      tile('Alerts', number(counts.alerts), urgent ? `${number(urgent)} not acknowledged` : counts.alerts ? 'acknowledged' : 'none', '#/alerts', urgent ? 'calls bad' : ''),
      counts.members !== undefined && tile('Members', counted(counts.members), 'golden records', '#/members'));
}

function platforms({status, quotas, integrations, figures}) {
  const accounts = integrations.items;
  const traffic = new Map(figures.platforms.map((one) => [one.platform, one]));
  const names = [...new Set([...Object.keys(status.queue ?? {}), ...accounts.map((one) => one.platform), ...traffic.keys()])].sort();
  const minutes = (Math.min(Date.now(), Date.parse(figures.to)) - Date.parse(figures.from)) / 60_000;
  const quota = (name) => (quotas?.quotas ?? []).filter((one) => one.quota.split('/')[0] === name);
  const columns = [
    {head: 'Platform', cell: (name) => h('a', {href: to('operations', [], {platform: name}), 'data-item': true, 'data-key': `platform-${name}`}, vendor(name))},
    {head: 'State', cell: (name) => standing(name, status, quotas, accounts)},
    {head: 'A minute', amount: true, cell: (name) => rate(traffic.get(name), minutes)},
    {head: 'Success', amount: true, cell: (name) => success(traffic.get(name)?.totals)},
    {head: 'p95', amount: true, cell: (name) => duration(traffic.get(name)?.totals?.latencyP95)},
    status.queue && {head: 'Waiting', amount: true, cell: (name) => [number(status.queue[name]?.waiting ?? 0),
      status.queue[name]?.oldestAt && h('span.muted.small', ' ', moment(status.queue[name].oldestAt))]},
    quotas && {head: 'Quota used', cell: (name) => quota(name).length === 0 ? h('span.muted', 'not used lately') : share(Math.max(...quota(name).map((one) => one.used)), name)},
    {head: 'Accounts', amount: true, cell: (name) => h('a', {href: to('integrations', [], {platform: name})}, number(accounts.filter((one) => one.platform === name).length))},
  ].filter(Boolean);
  return h('section.card.flush', table({caption: 'Platforms', columns, rows: names, none: h('div.empty', h('strong', 'No platform is connected yet'),
      h('p', h('a', {href: '#/integrations'}, 'Add an integration'), ', or set a platform’s variables before the hub starts.'))}));
}

function standing(name, status, quotas, accounts) {
  const breakers = (quotas?.breakers ?? []).filter((one) => one.platform === name && one.state !== 'CLOSED' && one.state !== 'DISABLED');
  const own = accounts.filter((one) => one.platform === name);
  const broken = own.filter((one) => one.status === 'needs_reconnect');
  const soon = own.filter((one) => one.expiresAt && !one.renewAt && Date.parse(one.expiresAt) - Date.now() < SOON);
  if (status.brakes.some((one) => one.platform === name)) {
    return state('held', 'warn');
  }
  if (breakers.length > 0) {
    return state('breaker open', breakers.some((one) => one.state === 'OPEN') ? 'bad' : 'warn');
  }
  if (broken.length > 0) {
    return state('needs reconnect', 'bad');
  }
  if (soon.length > 0) {
    return state('token expires soon', 'warn');
  }
  return own.some((one) => one.status === 'active') || own.length === 0 ? state('working', 'good') : state('disabled', '');
}

function success(totals) {
  const done = totals ? totals.success + totals.failed + totals.dead : 0;
  return done > 0 ? percent(totals.success / done) : number(null);
}

function rate(one, minutes) {
  return one && minutes > 0 ? number(one.totals.accepted / minutes) : number(null);
}

/** How much of a quota is used. */
export function share(used, name) {
  return h('span.nowrap', h('meter', {min: 0, max: 1, high: 0.85, low: 0.7, optimum: 0, value: used, 'aria-label': `Quota of ${name}`}), ' ', h('span.number', percent(used)));
}

function draw(figures, rates, latency) {
  const busy = figures.platforms.filter((one) => one.totals.accepted > 0 || one.totals.success > 0)
      .sort((a, b) => b.totals.accepted - a.totals.accepted);
  const {at} = figures;
  const sum = (name) => at.map((_, i) => busy.reduce((total, one) => total + (one.series[name][i] ?? 0), 0) * 60 / (figures.step * figures.elapsed[i]));
  rates.update(at, [{label: 'accepted', values: sum('accepted')}, {label: 'done', values: sum('success')}, {label: 'failed', values: sum('failed')}]);
  latency.update(at, busy.slice(0, SERIES_MAX).map((one) => ({label: vendor(one.platform), values: one.series.latencyP95})));
}

