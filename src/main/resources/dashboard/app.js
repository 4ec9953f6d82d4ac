/**
 * The dashboard begins here.
 * @module app
 */
import * as api from './api.js';
import {h} from './element.js';
import {learnVendors} from './format.js';
import * as keys from './keys.js';
import {bones, region, trouble} from './live.js';
import {Filters, Place} from './router.js';
import {current, head, PAGES, pages, shell, showCounts} from './shell.js';

/**
 * What a page is given.
 * @typedef {object} PageContext
 * @property {AbortSignal} signal aborted when another page is shown
 * @property {string[]} rest the address behind the page's name
 * @property {Filters} filters
 * @property {(title: string, crumb?: import('./element.js').Part) => HTMLElement} head
 * @property {(options: Omit<import('./live.js').RegionOptions, 'signal'>) => any} live a region that ends with the page
 */

const app = /** @type {HTMLElement} */ (document.getElementById('app'));
const main = h('main', {id: 'main', tabindex: '-1'});
let leaving = new AbortController();
let watching = new AbortController();
let isFirst = true;
/** What a person did is worked on by then. */
const SETTLES_MILLIS = 600;

async function begin() {
  keys.install(PAGES.map((page) => ({key: page.key, title: page.title, address: `#/${page.id}`})));
  api.onSessionLost(showLogin);
  window.addEventListener('hashchange', () => api.who() && show());
  try {
    await (await api.resume() ? enter() : showLogin());
  } catch (problem) {
    app.replaceChildren(h('main.door', h('div', trouble(problem, 'your session', 0, () => location.reload()))));
    if (problem.isPassing) {
      setTimeout(() => location.reload(), 10_000);
    }
  }
}

async function showLogin() {
  leaving.abort();
  watching.abort();
  const {login} = await import('./pages/login.js');
  app.replaceChildren(login(enter));
  app.querySelector('input')?.focus();
}

async function enter() {
  watching = new AbortController();
  // a hub that does not say is no reason to show nothing
  await api.get('/platforms', {}, watching.signal).then(({items}) => learnVendors(items), () => {});
  app.replaceChildren(...shell(main));
  // asked for on every page: how much waits for a person is what calls people to one
  const counts = region({load: api.status, show: (status) => {
    showCounts(status.counts ?? {});
    return [];
  }, every: 15_000, quiet: true, signal: watching.signal, what: 'the state of the hub'});
  let soon = 0;
  window.addEventListener('hubchange', () => {
    clearTimeout(soon);
    soon = setTimeout(() => watching.signal.aborted || counts.refresh(), SETTLES_MILLIS);
  }, {signal: watching.signal});
  return show();
}

async function show() {
  leaving.abort();
  leaving = new AbortController();
  const {signal} = leaving;
  const place = new Place(location.hash);
  const page = pages().find((one) => one.id === place.page);
  current(place.page);
  if (!page) {
    main.replaceChildren(head('Nothing here'), h('p', 'There is no such page. ', h('a', {href: '#/overview'}, 'Go to the overview')));
    return;
  }
  main.replaceChildren(head(page.title), bones(5));
  /** @type {{render: (context: PageContext) => Array<Node>|Node}} */
  let module;
  try {
    module = await import(`./pages/${page.id}.js`);
  } catch (error) {
    console.error(error);
    const problem = new api.Problem(0, 'unreachable', '');
    main.replaceChildren(head(page.title), trouble(problem, 'this page', 0, () => location.reload()));
    return;
  }
  if (signal.aborted) {
    return;
  }
  const parts = module.render({
    signal, rest: place.rest, filters: new Filters(place.query), head,
    live: (options) => region({...options, signal}),
  });
  main.replaceChildren(...[parts].flat());
  main.scrollTop = 0;
  if (!isFirst) {
    // a screen reader is told of the new page
    main.querySelector('h1')?.focus({preventScroll: true});
  }
  isFirst = false;
}

begin();
