/**
 * What is around every page: the navigation, who is here, light or dark.
 * @module shell
 */
import * as api from './api.js';
import {h} from './element.js';
import {show as showKeys} from './keys.js';
import {freshSign} from './live.js';

/** @typedef {{id: string, title: string, key: string, group?: string, counts?: string, isWhole?: boolean, needs?: string}} PageEntry */

/** @type {PageEntry[]} every page; `counts` is what of it waits for a person; `isWhole`: about all organizations at once; `needs`: who may open it */
export const PAGES = [
  {id: 'overview', title: 'Overview', key: 'o'},
  {id: 'operations', title: 'Operations', key: 'p'},
  {id: 'members', title: 'Members', key: 'm'},
  {id: 'conflicts', title: 'Conflicts', key: 'c', group: 'To decide', counts: 'conflicts'},
  {id: 'duplicates', title: 'Duplicates', key: 'd', counts: 'duplicates'},
  {id: 'dead-letters', title: 'Dead letters', key: 'x', counts: 'deadLetters'},
  {id: 'alerts', title: 'Alerts', key: 'l', counts: 'alerts'},
  {id: 'integrations', title: 'Integrations', key: 'i', group: 'The hub'},
  {id: 'syncs', title: 'Syncs', key: 's', counts: 'brakes'},
  {id: 'dry-run', title: 'Dry run', key: 'r', isWhole: true, needs: 'administer'},
  {id: 'flows', title: 'Flows', key: 'f', isWhole: true},
  {id: 'audit', title: 'Audit', key: 'a', needs: 'audit'},
  {id: 'settings', title: 'Settings', key: 't'},
];

/** The pages for whoever is here. */
export const pages = () => PAGES.filter((one) => (!one.isWhole || api.seesAll()) && (!one.needs || api.may(one.needs)));

/** @type {Map<string, HTMLElement>} */
const links = new Map();
/** @type {Map<string, HTMLElement>} */
const counts = new Map();

/**
 * Builds what is around the pages.
 * @param {HTMLElement} main where pages go
 */
export function shell(main) {
  const toggle = h('button.menu-button', {type: 'button', 'aria-expanded': 'false', 'aria-controls': 'pages', onclick: () => open(!side.classList.contains('open'))}, 'Menu');
  const open = (isOpen) => {
    side.classList.toggle('open', isOpen);
    toggle.setAttribute('aria-expanded', String(isOpen));
  };
  const session = api.who();
  const side = h('header.side',
      h('a.brand', {href: '#/overview'}, h('img', {src: '/dashboard/icon.svg', alt: '', width: 24, height: 24}), 'Muster'),
      toggle,
      h('nav', {id: 'pages', 'aria-label': 'Pages'}, h('ul.pages', pages().map(entry))),
      h('div.side-end',
          h('p.break', session?.name ?? '', session?.organization ? ` · ${session.organization}` : ''),
          h('div.row', themeButton(), h('button.quiet.little', {type: 'button', onclick: showKeys}, 'Keys ', h('kbd', '?')),
              h('button.quiet.little', {type: 'button', onclick: () => api.logout().catch(() => {})}, 'Sign out'))));
  window.addEventListener('hashchange', () => open(false));
  return [h('a.skip', {href: '#main', onclick: (event) => {
    event.preventDefault();
    main.focus();
  }}, 'To the page'), h('div.shell', side, main)];
}

/** @param {PageEntry} page */
function entry(page) {
  const count = h('span.count', {hidden: true});
  const link = h('a', {href: `#/${page.id}`}, h('span', page.title), count);
  links.set(page.id, link);
  if (page.counts) {
    counts.set(page.counts, count);
  }
  return [page.group && h('li.group', page.group), h('li', link)];
}

/** Marks the page that is shown. @param {string} id */
export function current(id) {
  links.forEach((link, each) => (each === id ? link.setAttribute('aria-current', 'page') : link.removeAttribute('aria-current')));
}

/** Shows how much waits for a person. @param {Record<string, number>} all as the hub counts */
export function showCounts(all) {
  counts.forEach((badge, name) => {
    const value = all[name] ?? 0;
    badge.hidden = value === 0;
    badge.replaceChildren(value > 999 ? '999+' : String(value), h('span.unseen', ' waiting'));
  });
}

/**
 * The head of a page.
 * @param {string} title @param {import('./element.js').Part} [crumb] where it belongs
 */
export function head(title, crumb = undefined) {
  document.title = `${title} · Muster`;
  return h('div.page-head', h('div', crumb && h('span.crumb', crumb), h('h1', {tabindex: '-1'}, title)), freshSign());
}

function themeButton() {
  const dark = () => (document.documentElement.dataset.theme
    ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
  const label = () => (dark() ? 'Light' : 'Dark');
  const button = h('button.quiet.little', {type: 'button', onclick: () => {
    const chosen = dark() ? 'light' : 'dark';
    document.documentElement.dataset.theme = chosen;
    try {
      localStorage.setItem('muster.theme', chosen);
    } catch {
      // kept until the page is closed
    }
    button.textContent = label();
    window.dispatchEvent(new Event('themechange'));
  }}, label());
  return button;
}
