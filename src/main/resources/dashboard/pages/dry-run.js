/** @module pages/dry-run */
import * as api from '../api.js';
import {fill, h} from '../element.js';
import {number, text, words} from '../format.js';
import {facts, failure, field, platformChoice, table} from '../parts.js';
import {record} from './operations.js';

/** More would make the page slow, and tell nobody more. */
const SHOWN_MAX = 200;
const TEXT_MAX = 500_000;

/** @param {import('../app.js').PageContext} context */
export function render({head, filters, signal}) {
  const result = h('div.stack', {'aria-live': 'polite'});
  const what = h('select', {name: 'what'}, h('option', {value: 'survivorship'}, 'The rules: config/survivorship.yaml'), h('option', {value: 'mapping'}, 'The platform: its file, or its section mapping'));
  const platform = platformChoice(filters.get('platform'));
  const changed = h('textarea.mono', {name: 'text', required: true, rows: 14, maxlength: TEXT_MAX, spellcheck: 'false', autocomplete: 'off'});
  const chosen = h('input', {type: 'file', accept: '.yaml,.yml', onchange: async () => {
    const [file] = chosen.files;
    if (!file) {
      return;
    }
    changed.value = await file.text();
    const stem = file.name.replace(/\.ya?ml$/, '');
    what.value = stem === 'survivorship' ? 'survivorship' : 'mapping';
    if ([...platform.options].some((one) => one.value === stem)) {
      platform.value = stem;
    }
  }});
  const submit = h('button.main', {type: 'submit'}, 'Try it');
  const form = h('form.card.form', {onsubmit: async (event) => {
    event.preventDefault();
    submit.disabled = true;
    fill(result, h('p.muted', 'Working on the deliveries both ways…'));
    try {
      const given = new FormData(form);
      const answer = await api.post('/dry-run', {
        platform: given.get('platform'), organization: String(given.get('organization')).trim(), last: Number(given.get('last')), [String(given.get('what'))]: given.get('text'),
      });
      if (!signal.aborted) {
        fill(result, differences(answer));
      }
    } catch (problem) {
      if (!(problem instanceof api.Problem)) {
        throw problem;
      }
      fill(result, h('div.notice.bad', {role: 'alert'}, h('strong', 'Nothing was tried'), h('ul', failure(problem).split('; ').map((one) => h('li.break', one)))));
    } finally {
      submit.disabled = false;
    }
  }},
  h('p', 'Shows what a changed file would make of the latest deliveries, field by field. Nothing is stored, nothing is pushed.'),
  h('div.versus', field('What is changed', what), field('Platform', platform, 'Whose deliveries are worked on.'),
      field('Latest deliveries', h('input', {type: 'number', name: 'last', min: 1, max: 1000, value: '100', required: true})),
      field('Organization', h('input', {name: 'organization', required: true, autocomplete: 'off', value: filters.get('organization') || 'default'}))),
  field('Choose the changed file', chosen, 'Or paste it below.'), field('The whole text, as YAML', changed), h('div.actions', submit));
  return [head('Dry run'), h('div.stack', form, result)];
}

/** @param {any} answer */
function differences(answer) {
  const value = (one) => h('span.value-text', text(one));
  const pair = [
    {head: 'Field', cell: (row) => words(row.field)},
    {head: 'Now', cell: (row) => h('span.value-text', {class: row.before === null ? 'muted' : 'gone'}, text(row.before))},
    {head: 'Then', cell: (row) => value(row.after)},
  ];
  const first = (rows, all) => all > Math.min(rows.length, SHOWN_MAX) && h('p.pager.small.muted', `The first ${number(Math.min(rows.length, SHOWN_MAX))} of ${number(all)} are shown.`);
  return [
    h('section.card.stack.tight', h('h2', answer.saidDifferent + answer.goldenDifferent === 0 ? 'Nothing would be different' : 'What would be different'), facts([
      ['Looked at', `${number(answer.deliveries)} deliveries about ${number(answer.records)} source records, ${number(answer.newRecords)} of them new, and ${number(answer.goldenRecords)} golden records`],
      ['Source records', `${number(answer.saidDifferent)} fields would be said differently`],
      ['Golden records', `${number(answer.goldenDifferent)} fields would be different`],
    ]), !answer.isComplete && h('p.notice.warn', 'It took too long, or they hold too many records: the latest may be missing. Ask for fewer deliveries.')),
    answer.golden.length > 0 && h('section.card.flush', table({
      caption: 'Golden records', rows: answer.golden.slice(0, SHOWN_MAX),
      columns: [{head: 'Record', cell: (row) => h('a', {href: record(row.entity, row.recordId), 'data-item': true}, `${words(row.entity)} ${row.recordId}`)}, ...pair],
    }), first(answer.golden, answer.goldenDifferent)),
    answer.said.length > 0 && h('section.card.flush', table({
      caption: 'What the platform says, as the mapping reads it', rows: answer.said.slice(0, SHOWN_MAX),
      columns: [{head: 'Source record', cell: (row) => [`${words(row.entity)} ${row.externalId}`, h('p.small.muted', `delivery ${row.deliveryId}`)]}, ...pair],
    }), first(answer.said, answer.saidDifferent)),
    answer.notShown.length > 0 && h('section.card.flush', table({
      caption: 'Deliveries that were left out', rows: answer.notShown.slice(0, SHOWN_MAX),
      columns: [{head: 'Delivery', cell: (row) => h('span.mono', row.deliveryId)}, {head: 'Why', wide: true, cell: (row) => row.why}],
    })),
  ];
}
