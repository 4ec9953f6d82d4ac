/**
 * What pages are made of.
 * @module parts
 */
import {Problem} from './api.js';
import {h} from './element.js';
import {ago, allVendors, text, when, words} from './format.js';
import {to} from './router.js';

/** @typedef {import('./element.js').Part} Part */

const KINDS = {
  good: ['success', 'active', 'up', 'closed', 'started', 'ok', 'done', 'completed', 'resolved', 'settled', 'pushed', 'approved', 'idle', 'merged', 'sent', 'connected'],
  warn: ['conflict', 'open', 'held', 'half_open', 'half-open', 'degraded', 'suspended', 'warning', 'needs approval', 'incomplete', 'expires soon', 'acknowledged'],
  bad: ['failed', 'dead', 'needs_reconnect', 'down', 'forced_open', 'critical', 'error', 'refused', 'stopped', 'firing', 'broken'],
  busy: ['processing', 'running', 'reading', 'sending', 'starting', 'stopping'],
};

/**
 * A state as a sign and a word.
 * @param {?string|undefined} state @param {string} [kind] good, warn, bad, busy or empty; without: what the word is known for
 */
export function state(state, kind = undefined) {
  const known = kind ?? Object.keys(KINDS).find((one) => KINDS[one].includes(String(state).toLowerCase())) ?? '';
  return h('span.state', {class: known}, words(state ?? 'unknown'));
}

/** A moment: short, with the whole of it in its title. @param {?string|undefined} at @param {boolean} [clock] instead of how long ago */
export function moment(at, clock = false) {
  return at ? h('time.nowrap', {datetime: at, title: new Date(at).toLocaleString(), 'data-ago': !clock}, clock ? when(at) : ago(at)) : text(null);
}

setInterval(() => {
  for (const one of document.querySelectorAll('time[data-ago]')) {
    const now = ago(one.dateTime);
    if (!document.hidden && one.textContent !== now) {
      one.textContent = now;
    }
  }
}, 5000);

/** @param {string} title @param {...(Part|Part[])} rest beside it */
export function empty(title, ...rest) {
  return h('div.empty', h('strong', title), rest);
}

/**
 * A table that becomes cards on a phone.
 * @template T
 * @param {object} options
 * @param {string} options.caption what it holds; seen unless `quiet`
 * @param {boolean} [options.quiet]
 * @param {Array<{head: string, cell: (row: T) => Part|Part[], amount?: boolean, wide?: boolean, act?: boolean}>} options.columns the first names the row; a wide one has a card's whole width, one to act has buttons
 * @param {T[]} options.rows
 * @param {Part} [options.none] where there are no rows
 */
export function table({caption, quiet = false, columns, rows, none = 'There is nothing here.'}) {
  if (rows.length === 0) {
    return h('div', !quiet && h('h2.caption', caption), none instanceof Node ? none : empty(String(none)));
  }
  return h('div.table-box', {tabindex: '-1'}, h('table.cards', {role: 'table'},
      h('caption', {class: quiet ? 'unseen' : ''}, caption),
      h('thead', {role: 'rowgroup'}, h('tr', {role: 'row'}, columns.map((column) =>
        h('th', {scope: 'col', role: 'columnheader', class: column.amount ? 'amount' : ''}, column.head)))),
      h('tbody', {role: 'rowgroup'}, rows.map((row) => h('tr', {role: 'row'}, columns.map((column, i) => {
        const cell = column.cell(row);
        const blank = cell === null || cell === undefined || cell === '';
        return h(i === 0 ? 'th' : 'td', {
          scope: i === 0 ? 'row' : null, role: i === 0 ? 'rowheader' : 'cell', 'data-label': column.head,
          class: [column.amount ? 'amount' : '', column.wide || column.act ? 'wide' : '', column.act ? 'act' : '', blank ? 'blank' : ''].filter(Boolean).join(' '),
        }, h('span.cell', cell));
      }))))));
}

/** Links to the older part of a list and back to its beginning. @param {Filters} filters @param {?string} next @param {string} page */
export function pager(filters, next, page) {
  const query = Object.fromEntries(filters.query);
  const older = next && to(page, [], {...query, cursor: next});
  const newest = query.cursor && to(page, [], {...query, cursor: ''});
  return (older || newest) && h('nav.pager', {'aria-label': 'Parts of this list'},
      newest && h('a', {href: newest}, '← Newest'), older && h('a', {href: older}, 'Older →'));
}

/**
 * The filters above a list; a change is asked for at once.
 * @param {object} filters of the page
 * @param {Array<{name: string, label: string, options?: Array<string|[string, string]>, first?: string, wide?: boolean, search?: boolean, type?: string}>} fields
 * @param {() => void} changed
 */
export function filterForm(filters, fields, changed) {
  let timer = 0;
  const apply = (name, value, wait) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      filters.set({[name]: value.trim()});
      changed();
    }, wait);
  };
  return h('form.filters', {role: 'search', onsubmit: (event) => event.preventDefault()}, fields.map((field) => {
    const id = `filter-${field.name}`;
    const input = field.options
      ? select([['', field.first ?? 'All'], ...field.options], filters.get(field.name),
          {id, 'data-search': Boolean(field.search), onchange: (event) => apply(field.name, event.target.value, 0)})
      : h('input', {
        id, type: field.type ?? (field.search ? 'search' : 'text'), value: filters.get(field.name), autocomplete: 'off', spellcheck: 'false',
        'data-search': Boolean(field.search), oninput: (event) => apply(field.name, event.target.value, 350),
        onkeydown: (event) => event.key === 'Escape' && event.target.blur(),
      });
    return h('div.field', {class: field.wide ? 'wide' : ''}, h('label', {for: id}, field.label), input);
  }));
}

/** The filter by platform. @param {object} [more] of the field */
export const platformFilter = (more = {}) => ({name: 'platform', label: 'Platform', options: allVendors(), ...more});

/** A platform to be chosen. @param {string} chosen its id, or empty @param {Record<string, unknown>} [more] attributes */
export const platformChoice = (chosen, more = {}) => select([['', 'Choose one'], ...allVendors()], chosen, {name: 'platform', required: true, ...more});

/** @param {Array<string|[string, string]>} options @param {string} chosen one that is no option is one all the same @param {Record<string, unknown>} attributes */
function select(options, chosen, attributes) {
  const pairs = options.map((one) => (Array.isArray(one) ? one : [one, words(one)]));
  if (!pairs.some(([value]) => value === chosen)) {
    pairs.push([chosen, chosen]);
  }
  return h('select', attributes, pairs.map(([value, label]) => h('option', {value, selected: value === chosen}, label)));
}

/** Names beside values. @param {Array<[string, Part|Part[]]|false|null>} pairs */
export function facts(pairs) {
  return h('dl.facts', pairs.filter(Boolean).map(([name, value]) => [h('dt', name), h('dd', value)]));
}

/** A labelled input of a form. */
export function field(label, input, hint = undefined) {
  input.id ||= `field-${Math.random().toString(36).slice(2, 9)}`;
  const hintId = `${input.id}-hint`;
  if (hint) {
    input.setAttribute('aria-describedby', hintId);
  }
  return h('div.field', h('label', {for: input.id}, label), input, hint && h('p.hint', {id: hintId}, hint));
}

// --- doing --------------------------------------------------------------------------------------------------------

const toasts = h('div.toasts', {role: 'status', 'aria-live': 'polite'});
document.body.append(toasts);

/** Says something that passes. @param {Part|Part[]} message @param {string} [kind] good or bad */
export function say(message, kind = 'good') {
  const toast = h('div.notice', {class: kind}, h('div.row.apart', h('span', message),
      h('button.quiet.little', {type: 'button', onclick: () => toast.remove()}, 'Close')));
  toasts.append(toast);
  setTimeout(() => toast.remove(), kind === 'bad' ? 20_000 : 6_000);
}

/**
 * Does something in the hub, and says how it went.
 * @template T
 * @param {() => Promise<T>} act @param {string|((answer: T) => string)} done @returns {Promise<T|undefined>} undefined where it failed
 */
export async function perform(act, done) {
  try {
    const answer = await act();
    say(typeof done === 'function' ? done(answer) : done);
    return answer === null ? /** @type {any} */ ({}) : answer;
  } catch (problem) {
    if (!(problem instanceof Problem)) {
      throw problem;
    }
    say(failure(problem), 'bad');
    return undefined;
  }
}

/** What went wrong with something that a person wanted done. @param {Problem} problem */
export function failure(problem) {
  return problem.isMissing ? 'This hub cannot do that yet: a newer version of Muster brings it.'
    : problem.status === 0 ? 'The hub cannot be reached. Whether it was done is not known: look again before you repeat it.'
      : problem.status === 403 ? `You may not do that. ${problem.message}` : problem.message;
}

/** A button that does something in the hub, and cannot be pressed twice meanwhile. */
export function button(label, act, kind = '', more = {}) {
  const one = h('button', {
    type: 'button', class: kind, 'data-key': `button-${label}`, ...more,
    onclick: async () => {
      one.disabled = true;
      try {
        await act();
      } finally {
        one.disabled = false;
      }
    },
  }, label);
  return one;
}

/** Whether a replay is heard even where somebody undid the same: a box, and what it means. @returns {HTMLElement} its name is `force` */
export function forceBox() {
  return h('div.field', h('label.check', h('input', {type: 'checkbox', name: 'force', 'aria-describedby': 'force-hint'}), 'With force'),
      h('p.hint', {id: 'force-hint'}, 'What somebody undid stays undone when it is said again. With force, this replay brings it back.'));
}

/**
 * Asks before something is done.
 * @param {object} options
 * @param {string} options.title @param {Part|Part[]} [options.body] @param {string} options.action the word on the button
 * @param {boolean} [options.danger] @param {(form: FormData) => Promise<unknown>} options.act undefined or a failure keeps it open
 * @param {string} [options.type] this word has to be written first
 * @param {boolean} [options.isWide] has a table
 * @returns {HTMLDialogElement}
 */
export function ask({title, body, action, danger = false, act, type = undefined, isWide = false}) {
  const id = `dialog-${Math.random().toString(36).slice(2, 9)}`;
  const problem = h('div', {role: 'alert'});
  const submit = h('button.main', {type: 'submit', class: danger ? 'danger' : '', disabled: Boolean(type)}, action);
  const written = type && h('input', {autocomplete: 'off', spellcheck: 'false', oninput: (event) => {
    submit.disabled = event.target.value.trim() !== type;
  }});
  const dialog = h('dialog', {class: isWide ? 'wide' : '', 'aria-labelledby': id, onclose: () => dialog.remove()},
      h('h2', {id}, title),
      h('form', {onsubmit: async (event) => {
        event.preventDefault();
        submit.disabled = true;
        try {
          await act(new FormData(event.target));
          dialog.close();
        } catch (error) {
          if (!(error instanceof Problem)) {
            throw error;
          }
          problem.replaceChildren(h('p.notice.bad', failure(error)));
        } finally {
          submit.disabled = false;
        }
      }},
      h('div.stack.tight', body, written && field(`Write ${type} to go on`, written), problem),
      h('div.actions', h('button', {type: 'button', onclick: () => dialog.close()}, 'Cancel'), submit)));
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
