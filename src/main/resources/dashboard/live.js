/**
 * What is shown stays as new as the hub: it is asked again by the clock, not while the tab is hidden, and after a failure
 * with growing pauses.
 * @module live
 */
import {fill, h} from './element.js';
import {duration} from './format.js';
import {Problem} from './api.js';

const PAUSE_MAX = 60_000;
/** @type {Set<Region>} */
const regions = new Set();

/**
 * One part of a page that is read from the hub.
 * @typedef {object} RegionOptions
 * @property {(signal: AbortSignal) => Promise<any>} load
 * @property {(data: any) => Node|Array<any>} show
 * @property {AbortSignal} signal ends it
 * @property {number} [every] milliseconds; 0: only once
 * @property {string} [what] is read, for a message
 * @property {number} [bones] lines of the skeleton
 * @property {boolean} [quiet] whether the sign of the page leaves it out
 */

class Region {
  /** @param {RegionOptions} options */
  constructor(options) {
    this.options = {every: 5000, what: 'this', bones: 4, ...options};
    this.body = h('div.stack', bones(this.options.bones));
    this.trouble = h('div', {hidden: true});
    this.element = h('div', {'aria-busy': 'true'}, this.trouble, this.body);
    this.failures = 0;
    this.at = 0;
    this.shown = '';
    this.timer = 0;
    this.round = 0;
    this.problem = null;
    regions.add(this);
    options.signal.addEventListener('abort', () => {
      clearTimeout(this.timer);
      regions.delete(this);
      sign();
    }, {once: true});
    this.refresh();
  }

  /** Asks now. @returns {Promise<void>} when the answer is shown */
  async refresh() {
    clearTimeout(this.timer);
    const round = ++this.round;
    const {load, signal, every} = this.options;
    try {
      const data = await load(signal);
      if (signal.aborted || round !== this.round) {
        return;
      }
      this.failures = 0;
      this.problem = null;
      this.at = Date.now();
      this.put(data);
    } catch (problem) {
      if (signal.aborted || round !== this.round) {
        return;
      }
      this.failures++;
      this.fail(problem instanceof Problem ? problem : new Problem(-1, 'defect', String(problem)));
      if (!(problem instanceof Problem)) {
        console.error(problem);
      }
    }
    this.element.setAttribute('aria-busy', 'false');
    const again = this.problem ? this.pause() : every;
    if (again > 0) {
      this.timer = setTimeout(() => this.wake(), again);
    }
    sign();
  }

  wake() {
    if (!document.hidden) {
      this.refresh();
    }
  }

  /** Milliseconds to the next try after a failure; 0 where trying again is of no use. */
  pause() {
    const problem = this.problem;
    return !problem.isPassing ? 0
      : problem.retryAfter ? problem.retryAfter * 1000 : Math.min(PAUSE_MAX, 2000 * 2 ** (this.failures - 1));
  }

  /** @param {any} data */
  put(data) {
    this.trouble.hidden = true;
    this.body.classList.remove('stale');
    const text = JSON.stringify(data);
    // what somebody writes into is not taken from under the hands
    const writes = this.body.contains(document.activeElement) && document.activeElement?.matches('input, textarea, select');
    if (text !== this.shown && !writes) {
      const parts = this.options.show(data);
      this.shown = text;
      fill(this.body, parts);
    }
  }

  /** Shows anew what was read last. */
  repaint() {
    if (this.shown) {
      fill(this.body, this.options.show(JSON.parse(this.shown)));
    }
  }

  /** @param {Problem} problem */
  fail(problem) {
    this.problem = problem;
    const pause = this.pause();
    fill(this.trouble, trouble(problem, this.options.what, pause, () => this.refresh()));
    this.trouble.hidden = false;
    if (this.shown) {
      this.body.classList.add('stale');
    } else {
      fill(this.body);
    }
  }
}

/**
 * A part of a page that keeps itself new.
 * @param {RegionOptions} options
 * @returns {Region}
 */
export function region(options) {
  return new Region(options);
}

/** Asks for everything that is shown, now. */
export function refreshAll() {
  return Promise.all([...regions].map((one) => one.refresh()));
}

/** @param {number} lines */
export function bones(lines) {
  return h('div.bones', {role: 'status'}, h('span.unseen', 'Loading'),
      Array.from({length: lines}, () => h('i', {'aria-hidden': 'true'})));
}

/**
 * What went wrong, and what to do.
 * @param {Problem} problem @param {string} what was asked for @param {number} pause until it is tried again
 * @param {() => void} again
 */
export function trouble(problem, what, pause, again) {
  if (problem.isMissing) {
    return h('div.notice', {role: 'status'}, h('strong', `This hub does not have ${what} yet`),
        h('p.muted', 'It was built without that part. A newer version of Muster brings it; everything else works.'));
  }
  if (problem.status === 403) {
    return h('div.notice.warn', {role: 'status'}, h('strong', `You may not see ${what}`),
        h('p', `${problem.message} `, 'Sign in with a key that may, or ask whoever made yours.'));
  }
  const reached = problem.status !== 0;
  return h('div.notice.bad', {role: 'alert'},
      h('strong', reached ? `${what.charAt(0).toUpperCase()}${what.slice(1)} could not be read` : 'The hub cannot be reached'),
      h('p', reached ? problem.message
        : 'It may be stopped or starting, or the connection is gone. Look whether it runs: ./muster status.'),
      h('div.row', h('button.little', {type: 'button', onclick: again}, 'Try again now'),
          pause > 0 && h('span.muted.small', `It is tried again by itself in ${duration(pause)}.`)));
}

// --- the sign in the page's head ----------------------------------------------------------------------------------

const words = h('span');
const freshness = h('span.fresh', words);

/** The small sign that says how old what is shown is. */
export function freshSign() {
  return freshness;
}

function sign() {
  const all = [...regions].filter((one) => one.options.every > 0 && !one.options.quiet);
  const at = Math.min(...all.filter((one) => one.at > 0).map((one) => one.at));
  const failing = all.some((one) => one.problem && !one.problem.isMissing && one.problem.isPassing);
  const text = !Number.isFinite(at) ? '' : document.hidden ? 'paused'
    : `${failing ? 'not up to date, read' : 'updated'} ${Math.max(0, Math.round((Date.now() - at) / 1000))} s ago`;
  if (words.textContent !== text) {
    words.textContent = text;
  }
}

setInterval(sign, 1000);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) {
    regions.forEach((one) => one.options.every > 0 && one.refresh());
  }
  sign();
});
