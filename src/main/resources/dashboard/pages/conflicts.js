/** @module pages/conflicts */
import * as api from '../api.js';
import {fill, h} from '../element.js';
import * as keys from '../keys.js';
import {number, targetName, text, vendor, words} from '../format.js';
import {ask, button, empty, facts, field, filterForm, moment, pager, perform, say, state} from '../parts.js';
import {to} from '../router.js';
import {record} from './operations.js';
import {named, typed} from './members.js';

const CHOICES = [
  ['keep_current', 'Keep current', '1'],
  ['accept_incoming', 'Accept incoming', '2'],
  ['own', 'A value of your own…', '3'],
];

/** @param {import('../app.js').PageContext} context */
export function render({head, live, filters, rest, signal}) {
  let chosen = rest[0] ?? '';
  /** @type {Array<any>} */
  let items = [];
  /** @type {Map<string, Promise<any>>} which rule, asked for once for each record and field */
  const explained = new Map();
  const list = h('ol.queue', {'aria-label': 'Conflicts, newest first'});
  const detail = h('section.card.stack', {'aria-live': 'polite', 'aria-label': 'The conflict'});
  const status = () => filters.get('status') || 'open';

  const page = live({
    what: 'the conflicts', every: 5000, bones: 8,
    load: (asked) => api.get('/conflicts', {
      kind: filters.get('kind'), organization: filters.get('organization'), entity: filters.get('entity'), field: filters.get('field'),
      status: filters.get('status'), cursor: filters.get('cursor'), limit: 100,
    }, asked),
    show: (answer) => {
      items = answer.items;
      if (items.length === 0) {
        return h('div.card', empty('Nothing to decide', h('p', 'Where the rules cannot settle a field, it waits here for a person.')));
      }
      if (!items.some((one) => one.id === chosen)) {
        chosen = items[0].id;
      }
      draw();
      return [
        h('div.row.apart', h('p.muted', `${number(items.length)}${answer.next ? ' or more' : ''} ${status() === 'open' ? 'to decide' : 'listed'}. `, h('span.keys-hint', h('kbd', 'j'), ' ', h('kbd', 'k'), ' go along, ', h('kbd', '1'), ' ', h('kbd', '2'), ' ', h('kbd', '3'), ' decide.')),
            api.may('decide') && status() === 'open' && button('Decide all of these…', bulk, 'little')),
        h('div.two-pane', h('div.card.flush', list, pager(filters, answer.next, 'conflicts')), detail),
      ];
    },
  });

  const current = () => items.find((one) => one.id === chosen);
  const choose = (id, focus = false) => {
    chosen = id;
    draw();
    const entry = list.querySelector('[aria-current]');
    entry?.scrollIntoView({block: 'nearest'});
    if (focus) {
      entry?.focus({preventScroll: true});
    }
  };
  const step = (by) => {
    const at = items.findIndex((one) => one.id === chosen);
    const next = items[Math.min(items.length - 1, Math.max(0, at + by))];
    if (next) {
      choose(next.id, true);
    }
  };

  function draw() {
    fill(list, items.map((one) => h('li', h('button', {type: 'button', 'data-key': one.id, 'aria-current': one.id === chosen ? 'true' : null, onclick: () => choose(one.id)},
        h('span', h('strong', words(one.field)), h('span.muted', ` · ${words(one.entity)}`)),
        h('span.small', `${text(one.standing?.[0]?.value)} ⟷ ${text(one.rivals?.[0]?.value)}`),
        h('span.small.muted', one.kind === 'push' ? 'held push · ' : '', moment(one.createdAt))))));
    const one = current();
    if (one) {
      show(one);
    }
  }

  function show(one) {
    const why = h('div.stack.tight', h('p.muted.small', 'Reading the rule…'));
    const whose = h('a', {href: record(one.entity, one.recordId)}, `${words(one.entity)} ${one.recordId}`);
    const isOpen = one.status === 'open';
    fill(detail,
        h('div.row.apart', h('h2', `${words(one.field)} of `, whose), state(one.kind === 'push' ? 'held' : one.status, one.kind === 'push' ? 'warn' : undefined)),
        h('div.versus',
            h('div.choice', h('h3', 'Current'), (one.standing ?? []).map(said)),
            h('div.choice', h('h3', 'Incoming'), (one.rivals ?? []).map(said))),
        isOpen && (api.may('decide') ? h('div.actions', CHOICES.map(([choice, label, key], i) => h('button', {
          type: 'button', class: i === 1 ? 'main' : '', 'data-key': `choice-${choice}`, onclick: () => decide(choice),
        }, label, ' ', h('kbd', key)))) : h('p.muted', 'Your key may look, not decide.')),
        one.kind === 'push' && h('p.small.muted', `${targetName(one.target)} holds another value than the golden record, and nothing is pushed to it until somebody decides. Accepting takes what ${targetName(one.target)} says.`),
        h('details', {'data-key': 'rule', open: true}, h('summary', 'Which rule, and what the others say'), why),
        facts([['Since', moment(one.createdAt, true)], ['Organization', one.organization], one.operationId && ['Came with', h('a', {href: to('operations', [one.operationId])}, `operation ${one.operationId}`)], ['Conflict', h('span.mono.break', one.id)]]),
        others(one));
    const path = one.entity === 'member' ? `/members/${one.recordId}` : `/records/${one.entity}/${one.recordId}`;
    const key = `${path} ${one.field}`;
    if (!explained.has(key)) {
      explained.set(key, Promise.all([api.get(`${path}/explain`, {field: one.field}, signal), api.get(path, {}, signal)]));
    }
    explained.get(key).then(([answer, found]) => {
      whose.textContent = named(found);
      const rule = answer.fields[0];
      fill(why, rule ? [
        h('p', h('strong', words(rule.rule)), `: ${rule.why}`),
        h('ul.stack.tight', rule.candidates.map((each) => h('li.small', h('strong', vendor(each.platform)), ` ${each.externalId} says `, h('span.value-text', text(each.value)), h('span.muted', ' ', moment(each.observedAt)), each.stands ? [' ', state('stands', 'good')] : h('span.muted', ` · ${each.why}`)))),
      ] : h('p.muted', 'The record has no such field any more.'));
    }).catch((problem) => {
      explained.delete(key);
      if (problem.name !== 'AbortError') {
        fill(why, h('p.muted', problem.message));
      }
    });
  }

  const said = (each) => h('div', h('p.value-text', text(each.value)), h('p.small.muted', each.platform ? vendor(each.platform) : each.by ?? '', each.externalId ? ` ${each.externalId}` : '', each.observedAt ? [' · ', moment(each.observedAt)] : ''));

  async function decide(choice) {
    const one = current();
    if (!one || one.status !== 'open' || !api.may('decide')) {
      return;
    }
    if (choice === 'own') {
      ownValue(one);
      return;
    }
    if (choice === 'accept_incoming' && (one.rivals ?? []).length > 1) {
      whichRival(one);
      return;
    }
    await send(one, {choice}, `${words(one.field)}: ${choice === 'keep_current' ? 'the current value stays' : 'the incoming value is taken'}`);
  }

  async function send(one, body, done) {
    const at = items.indexOf(one);
    const answer = await perform(() => api.post(`/conflicts/${encodeURIComponent(one.id)}/resolve`, body), done);
    if (answer) {
      taken(one, at);
    }
  }

  function taken(one, at) {
    items = items.filter((each) => each !== one);
    chosen = (items[at] ?? items[at - 1])?.id ?? '';
    page.refresh();
  }

  function ownValue(one) {
    const before = one.standing?.[0]?.value;
    ask({
      title: `${words(one.field)}: a value of your own`, action: 'Decide',
      body: h('div.stack.tight', field('Value', h('input', {name: 'value', required: true, autocomplete: 'off', value: before !== null && typeof before === 'object' ? JSON.stringify(before) : before ?? ''})), field('Why', h('input', {name: 'reason', maxlength: 500}))),
      act: async (form) => {
        const at = items.indexOf(one);
        await api.post(`/conflicts/${encodeURIComponent(one.id)}/resolve`, {choice: 'own', value: typed(String(form.get('value')), before), ...(form.get('reason') ? {reason: form.get('reason')} : {})});
        taken(one, at);
      },
    });
  }

  function whichRival(one) {
    ask({
      title: 'Which of them?', action: 'Accept',
      body: h('fieldset.stack.tight', h('legend.unseen', 'Incoming values'), one.rivals.map((each, i) => h('label.check', h('input', {type: 'radio', name: 'rival', value: String(i), required: true, checked: i === 0}), `${text(each.value)} (${vendor(each.platform)})`))),
      act: async (form) => {
        const at = items.indexOf(one);
        await api.post(`/conflicts/${encodeURIComponent(one.id)}/resolve`, {choice: 'accept_incoming', rival: Number(form.get('rival'))});
        taken(one, at);
      },
    });
  }

  function bulk() {
    const filter = Object.fromEntries(['organization', 'entity', 'field'].map((name) => [name, filters.get(name)]).filter(([, value]) => value));
    const named = Object.entries(filter).map(([name, value]) => `${words(name)} ${value}`).join(', ') || 'everything that is open';
    ask({
      title: 'Decide all of these', action: 'Decide all', danger: true,
      body: h('div.stack.tight', h('p', `This decides every open conflict between sources of: ${named}. Narrow it by the filters first. Held pushes are decided one by one.`),
          field('Decision', h('select', {name: 'choice'}, CHOICES.slice(0, 2).map(([value, label]) => h('option', {value}, label)))),
          field('Why', h('input', {name: 'reason', required: true, maxlength: 500}))),
      act: async (form) => {
        let done = 0;
        let refused = 0;
        let more = true;
        while (more && !signal.aborted) {
          const answer = await api.post('/conflicts/resolve', {...filter, choice: form.get('choice'), reason: form.get('reason')});
          done += answer.done;
          refused += answer.items.filter((each) => each.outcome === 'refused').length;
          // what is refused stays open: without anything done, the next call would be like this one
          more = answer.more && answer.done > 0;
        }
        say(`${number(done)} decided${refused > 0 ? `, ${number(refused)} refused: they stay open` : ''}`, refused > 0 ? 'bad' : 'good');
        page.refresh();
      },
    });
  }

  /** What others chose for the same field. */
  function others(one) {
    const body = h('div', h('p.muted.small', 'Reading…'));
    return h('details', {'data-key': 'others', ontoggle: async (event) => {
      if (!event.target.open) {
        return;
      }
      try {
        const answer = await api.get('/conflicts', {status: 'resolved', field: one.field, entity: one.entity, limit: 10}, signal);
        fill(body, answer.items.length === 0 ? h('p.muted', `Nobody has decided a conflict about ${words(one.field)} yet.`)
          : h('ul.stack.tight', answer.items.map((each) => h('li.small', `${text(each.standing?.[0]?.value)} ⟷ ${text(each.rivals?.[0]?.value)}: `, h('strong', words(each.resolved?.choice)), ` by ${each.resolved?.by}`, each.resolved?.reason ? `: ${each.resolved.reason}` : '', h('span.muted', ' ', moment(each.resolved?.at))))));
      } catch (problem) {
        fill(body, h('p.muted', problem.message));
      }
    }}, h('summary', `What was chosen for ${words(one.field)} before`), body);
  }

  keys.bind('j', 'the next conflict', () => step(1), signal);
  keys.bind('k', 'the one before', () => step(-1), signal);
  CHOICES.forEach(([choice, label, key]) => keys.bind(key, label.replace('…', '').toLowerCase(), () => decide(choice), signal));
  return [head('Conflicts'), filterForm(filters, [
    {name: 'kind', label: 'Kind', options: [['sources', 'Sources disagree'], ['push', 'Held pushes']]},
    {name: 'status', label: 'State', first: 'Open', options: ['resolved', 'settled', ['all', 'All']]},
    {name: 'entity', label: 'Entity', options: ['member', 'event', 'registration', 'membership', 'campaign', 'transaction', 'recurring_plan']},
    {name: 'field', label: 'Field', search: true}, {name: 'organization', label: 'Organization'},
  ], () => page.refresh()), page.element];
}
