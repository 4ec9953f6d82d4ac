/**
 * The keyboard: `?` shows the keys, `/` goes to the search, `g` and a letter to a page, `j` and `k` along a list.
 * @module keys
 */
import {h} from './element.js';

/** @type {Map<string, {what: string, act: () => void}>} the keys of the page that is shown */
const pageKeys = new Map();
/** @type {Array<{key: string, title: string, address: string}>} */
let pages = [];
let waitsForPage = 0;

/** @param {Array<{key: string, title: string, address: string}>} all where `g` and a letter leads */
export function install(all) {
  pages = all;
  document.addEventListener('keydown', pressed);
}

/**
 * Adds a key for as long as a page is shown.
 * @param {string} key @param {string} what it does, for a person @param {() => void} act @param {AbortSignal} signal
 */
export function bind(key, what, act, signal) {
  pageKeys.set(key, {what, act});
  signal.addEventListener('abort', () => pageKeys.delete(key), {once: true});
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  const target = event.target;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey
      || target instanceof Element && target.closest('input:not([type="checkbox"]), textarea, select, dialog[open]') || document.querySelector('dialog[open]')) {
    return;
  }
  const key = event.key;
  if (waitsForPage && Date.now() - waitsForPage < 2000) {
    waitsForPage = 0;
    const page = pages.find((one) => one.key === key);
    if (page) {
      event.preventDefault();
      location.hash = page.address;
    }
    return;
  }
  if (key === 'g') {
    waitsForPage = Date.now();
  } else if (key === '?') {
    event.preventDefault();
    show();
  } else if (key === '/') {
    const search = document.querySelector('main [data-search]') ?? document.querySelector('main .filters input');
    if (search instanceof HTMLElement) {
      event.preventDefault();
      search.focus();
    }
  } else if (pageKeys.has(key)) {
    event.preventDefault();
    pageKeys.get(key)?.act();
  } else if (key === 'j' || key === 'k') {
    move(key === 'j' ? 1 : -1, event);
  }
}

/** @param {number} by @param {KeyboardEvent} event */
function move(by, event) {
  const items = [...document.querySelectorAll('main [data-item]')].filter((one) => one.getClientRects().length > 0);
  if (items.length > 0) {
    event.preventDefault();
    const at = items.findIndex((one) => one === document.activeElement);
    const next = items[at < 0 ? 0 : Math.min(items.length - 1, Math.max(0, at + by))];
    next.focus();
    next.scrollIntoView({block: 'nearest'});
  }
}

/** Shows what the keys do. */
export function show() {
  const line = (keys, what) => [h('dt', keys.map((one) => [h('kbd', one), ' '])), h('dd', what)];
  const dialog = h('dialog', {'aria-labelledby': 'keys-title', onclose: () => dialog.remove()},
      h('h2', {id: 'keys-title'}, 'Keys'),
      h('dl.facts',
          line(['?'], 'these keys'), line(['/'], 'to the search'), line(['j', 'k'], 'down and up in a list'),
          line(['Enter'], 'open what is chosen'),
          [...pageKeys].filter(([key]) => key !== 'j' && key !== 'k').map(([key, one]) => line([key], one.what)),
          pages.map((one) => line(['g', one.key], one.title))),
      h('form.actions', {method: 'dialog'}, h('button.main', 'Close')));
  document.body.append(dialog);
  dialog.showModal();
}
