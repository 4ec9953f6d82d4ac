/** @module pages/duplicates */
import * as api from '../api.js';
import {fill, h} from '../element.js';
import * as keys from '../keys.js';
import {number, text, vendor, words} from '../format.js';
import {button, empty, filterForm, moment, pager, perform, state, table} from '../parts.js';
import {to} from '../router.js';
import {named} from './members.js';

const ABOUT = new Set(['id', 'organization', 'version', 'createdAt', 'updatedAt', 'deletedAt', 'mergedInto', 'sources', 'rejected']);

/** @param {import('../app.js').PageContext} context */
export function render({head, live, filters, rest, signal}) {
  let chosen = rest[0] ?? '';
  /** @type {Array<any>} */
  let items = [];
  const list = h('ol.queue', {'aria-label': 'Duplicates, newest first'});
  const detail = h('section.card.stack', {'aria-live': 'polite', 'aria-label': 'The two records'});

  const page = live({
    what: 'the duplicates', every: 6000, bones: 8,
    load: (asked) => api.get('/duplicates', {status: filters.get('status'), organization: filters.get('organization'), cursor: filters.get('cursor'), limit: 100}, asked),
    show: (answer) => {
      items = answer.items;
      if (items.length === 0) {
        return h('div.card', empty('No duplicates', h('p', 'Two records that may be one person, and may not be merged by a rule, wait here.')));
      }
      if (!items.some((one) => one.id === chosen)) {
        chosen = items[0].id;
      }
      draw();
      return [h('p.muted.keys-hint', h('kbd', 'j'), ' ', h('kbd', 'k'), ' go along, ', h('kbd', '1'), ' merges, ', h('kbd', '2'), ' keeps them apart.'),
        h('div.two-pane', h('div.card.flush', list, pager(filters, answer.next, 'duplicates')), detail)];
    },
  });
  const current = () => items.find((one) => one.id === chosen);

  function draw() {
    fill(list, items.map((one) => h('li', h('button', {type: 'button', 'data-key': one.id, 'aria-current': one.id === chosen ? 'true' : null, onclick: () => {
      chosen = one.id;
      draw();
    }}, h('span', h('strong', one.email ?? one.reason)), one.email && h('span.small', one.reason), h('span.small.muted', words(one.status), ' · ', moment(one.createdAt))))));
    show(current());
  }

  async function show(one) {
    if (detail.dataset.of === `${one.id} ${one.status}`) {
      return;
    }
    detail.dataset.of = `${one.id} ${one.status}`;
    fill(detail, h('p.muted', 'Reading both records…'));
    try {
      const [a, b] = await Promise.all([one.recordA, one.recordB].map((id) => api.get(`/members/${id}`, {}, signal)));
      if (chosen === one.id) {
        fill(detail, compared(one, a, b));
      }
    } catch (problem) {
      delete detail.dataset.of;
      if (problem.name !== 'AbortError') {
        fill(detail, h('div.notice.bad', {role: 'alert'}, h('p', problem.message), h('div', button('Try again', () => show(one), 'little'))));
      }
    }
  }

  function compared(one, a, b) {
    const fields = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => !ABOUT.has(name));
    const same = (name) => JSON.stringify(a[name] ?? null) === JSON.stringify(b[name] ?? null);
    fields.sort((x, y) => Number(same(x)) - Number(same(y)));
    const column = (each, letter) => ({head: `${letter}: ${named(each)}`, cell: (name) => h('span.value-text', text(each[name]))});
    const merged = a.mergedInto || b.mergedInto;
    return [
      h('div.row.apart', h('h2', one.reason), state(merged ? 'merged' : one.status)),
      h('p.muted.small', which('A', a), which('B', b), `${number(fields.filter(same).length)} of ${number(fields.length)} fields agree`),
      api.may('decide') ? h('div.actions', merged
        ? button('Unmerge', () => unmerge(a.mergedInto ? a : b))
        : one.status === 'open' && [button(['Merge ', h('kbd', '1')], () => decide('merge'), 'main', {'data-key': 'merge'}), button(['Keep apart ', h('kbd', '2')], () => decide('keep-apart'), '', {'data-key': 'apart'})])
        : h('p.muted', 'Your key may look, not decide.'),
      table({caption: 'Both records, field by field; what differs comes first', quiet: true, rows: fields, columns: [
        {head: 'Field', cell: (name) => h('span.keep', words(name))}, column(a, 'A'), column(b, 'B'),
        {head: 'Alike', cell: (name) => (same(name) ? state('same', 'good') : state('differs', 'warn'))},
      ]}),
    ];
  }

  const which = (letter, each) => [`${letter}: `, h('a', {href: to('members', [each.id])}, each.id), ` of ${[...new Set((each.sources ?? []).map((source) => vendor(source.platform)))].join(', ') || 'no source'} · `];

  async function decide(what) {
    const one = current();
    if (one?.status !== 'open' || !api.may('decide')) {
      return;
    }
    const at = items.indexOf(one);
    if (await perform(() => api.post(`/duplicates/${one.id}/${what}`), what === 'merge' ? 'They are one record now' : 'They stay two records')) {
      chosen = (items[at + 1] ?? items[at - 1])?.id ?? '';
      await page.refresh();
    }
  }

  /** @param {any} gone the one that was merged away, which comes back */
  async function unmerge(gone) {
    if (await perform(() => api.post(`/members/${gone.id}/unmerge`), 'They are two records again')) {
      delete detail.dataset.of;
      await page.refresh();
    }
  }

  const step = (by) => {
    const at = items.findIndex((one) => one.id === chosen);
    const next = items[Math.min(items.length - 1, Math.max(0, at + by))];
    if (next) {
      chosen = next.id;
      draw();
      list.querySelector('[aria-current]')?.focus();
    }
  };
  keys.bind('j', 'the next pair', () => step(1), signal);
  keys.bind('k', 'the pair before', () => step(-1), signal);
  keys.bind('1', 'merge', () => decide('merge'), signal);
  keys.bind('2', 'keep apart', () => decide('keep-apart'), signal);
  return [head('Duplicates'), filterForm(filters, [
    {name: 'status', label: 'State', first: 'Open', options: ['merged', 'rejected', 'settled', ['all', 'All']]}, {name: 'organization', label: 'Organization'},
  ], () => page.refresh()), page.element];
}
