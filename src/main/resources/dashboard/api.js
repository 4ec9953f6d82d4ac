/**
 * The admin API, with the session of this browser.
 * @module api
 */

/** What went wrong, as RFC 9457 says it; status 0: the hub was not reached. */
export class Problem extends Error {
  /** @param {number} status @param {string} code @param {string} detail @param {number} [retryAfter] seconds */
  constructor(status, code, detail, retryAfter) {
    super(detail);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  /** Whether this hub has no such part of the API at all. */
  get isMissing() {
    return this.status === 404 && this.code === 'unknown-endpoint';
  }

  /** Whether the same request may succeed later. */
  get isPassing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const SIGNED_IN = 'muster.signed-in';
const KNOWN_MAX = 60;
/** @type {Map<string, {tag: string, body: unknown}>} what was read with an ETag, by address */
const known = new Map();

/** @type {{name: string, permissions: string[], organization: ?string, csrfToken: string}|null} */
let session = null;
/** @type {() => void} */
let lost = () => {};

/** @param {() => void} listener called when the session has ended */
export function onSessionLost(listener) {
  lost = listener;
}

/** Who is here; null before the login. */
export function who() {
  return session;
}

/** @param {string} permission such as `decide` @returns {boolean} whether whoever is here may do that */
export function may(permission) {
  return session !== null && session.permissions.includes(permission);
}

/** Whether whoever is here may know of all organizations: what concerns the whole hub is refused to the others. */
export function seesAll() {
  return session !== null && session.organization === null;
}

/** Takes up the session that the browser's cookie holds. @returns {Promise<boolean>} whether there is one */
export async function resume() {
  if (!remembered()) {
    return false;
  }
  try {
    session = await request('GET', '/api/session');
    return true;
  } catch (problem) {
    if (problem.status === 401) {
      remember(false);
      return false;
    }
    throw problem;
  }
}

/** Whether somebody has signed in here: the cookie is not for scripts to see, and asking in vain is an error in the console. */
function remembered() {
  try {
    return localStorage.getItem(SIGNED_IN) !== null;
  } catch {
    return true;
  }
}

/** @param {boolean} isIn */
function remember(isIn) {
  try {
    if (isIn) {
      localStorage.setItem(SIGNED_IN, 'yes');
    } else {
      localStorage.removeItem(SIGNED_IN);
    }
  } catch {
    // a browser that keeps nothing is asked each time
  }
}

/** @param {string} token an API key or the admin token */
export async function login(token) {
  session = await request('POST', '/api/session', {token});
  remember(true);
}

/** Ends the session here and in the hub. */
export async function logout() {
  try {
    await request('DELETE', '/api/session');
  } finally {
    end();
  }
}

function end() {
  session = null;
  known.clear();
  lastStatus.at = 0;
  remember(false);
  lost();
}

/**
 * @param {string} path below `/api`, its segments encoded
 * @param {Record<string, string|number|null|undefined>} [query] empty values are left out
 * @param {AbortSignal} [signal]
 */
export function get(path, query = {}, signal = undefined) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '');
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return request('GET', `/api${path}${text ? `?${text}` : ''}`, undefined, signal);
}

/** The hub counts rows for this answer: it is asked for seldom. */
const STATUS_MILLIS = 14_000;
/** Where only lists may be asked for, so many of each are counted. */
const COUNTED_MAX = 100;
/** @type {{at: number, answer: Promise<any>}} */
let lastStatus = {at: 0, answer: Promise.resolve(null)};

/**
 * How the hub is, with the alerts and brakes that are open. The navigation and the overview both ask: one answer is for both. Of one
 * organization, what waits for a person is counted in its lists, and there is no `queue`.
 */
export function status() {
  if (Date.now() - lastStatus.at > STATUS_MILLIS) {
    const answer = wholeStatus();
    lastStatus = {at: Date.now(), answer};
    answer.catch(() => {
      lastStatus.at = 0;
    });
  }
  return lastStatus.answer;
}

async function wholeStatus() {
  const items = (path, query = {}) => get(path, {...query, limit: COUNTED_MAX}).then((found) => found.items);
  const [alerts, open, status] = await Promise.all([items('/alerts', {state: 'firing'}), items('/brakes'), seesAll() ? get('/status') : ofLists(items)]);
  // one that was approved is listed as open while its account may go on
  const brakes = open.filter((one) => one.state === 'held');
  return {...status, alerts, brakes, counts: {...status.counts, alerts: alerts.length, brakes: brakes.length}};
}

async function ofLists(items) {
  const [conflicts, duplicates, deadLetters] = await Promise.all(['/conflicts', '/duplicates', '/dead-letters'].map((path) => items(path)));
  return {counts: {conflicts: conflicts.length, duplicates: duplicates.length, deadLetters: deadLetters.length}};
}

/** @type {Promise<any>|undefined} */
let contract;

/**
 * Whether this hub's API takes a parameter.
 * @param {string} path as the contract writes it @param {string} parameter of its GET @returns {Promise<boolean>}
 */
export async function takes(path, parameter) {
  contract ??= get('/openapi.json');
  contract.catch(() => {
    contract = undefined;
  });
  return (await contract).paths[path]?.get?.parameters?.some((one) => one.name === parameter) ?? false;
}

/** @param {string} path @param {object} [body] */
export const post = (path, body = undefined) => request('POST', `/api${path}`, body);
/** @param {string} path @param {object} body */
export const put = (path, body) => request('PUT', `/api${path}`, body);
/** @param {string} path */
export const remove = (path) => request('DELETE', `/api${path}`);

/**
 * @param {string} method @param {string} address @param {object} [body] @param {AbortSignal} [signal]
 * @returns {Promise<any>} the JSON; null where there is none
 * @throws {Problem}
 */
async function request(method, address, body, signal) {
  const headers = new Headers({Accept: 'application/json'});
  if (body !== undefined) {
    headers.set('Content-Type', 'application/json');
  }
  if (method !== 'GET' && session) {
    headers.set('X-CSRF-Token', session.csrfToken);
  }
  const before = method === 'GET' ? known.get(address) : undefined;
  if (before) {
    headers.set('If-None-Match', before.tag);
  }
  let answer;
  try {
    answer = await fetch(address, {
      method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body),
      credentials: 'same-origin', cache: 'no-store', redirect: 'error',
    });
  } catch (error) {
    if (error.name === 'AbortError') {
      throw error;
    }
    throw new Problem(0, 'unreachable', 'The hub cannot be reached from here.');
  }
  if (answer.status === 304 && before) {
    return before.body;
  }
  const json = await answer.json().catch(() => null);
  if (!answer.ok) {
    if (answer.status === 401 && session) {
      end();
    }
    const code = String(json?.type ?? '').replace(/^urn:muster:problem:/, '') || `http-${answer.status}`;
    throw new Problem(answer.status, code, json?.detail || json?.title || `The hub answered ${answer.status}.`,
        Number(answer.headers.get('Retry-After')) || undefined);
  }
  if (method !== 'GET') {
    lastStatus.at = 0;
    window.dispatchEvent(new Event('hubchange'));
  }
  const tag = answer.headers.get('ETag');
  if (method === 'GET' && tag) {
    known.delete(address);
    known.set(address, {tag, body: json});
    if (known.size > KNOWN_MAX) {
      known.delete(known.keys().next().value);
    }
  }
  return json;
}
