/**
 * How numbers, times and values are written.
 * @module format
 */

const NUMBER = new Intl.NumberFormat('en');
const ONE_DIGIT = new Intl.NumberFormat('en', {maximumFractionDigits: 1});
const TIME = new Intl.DateTimeFormat('en-GB', {hour: '2-digit', minute: '2-digit', second: '2-digit'});
const DAY = new Intl.DateTimeFormat('en-GB', {day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit'});
const YEAR = new Intl.DateTimeFormat('en-GB', {day: 'numeric', month: 'short', year: 'numeric'});
const NOTHING = '–';

/** @param {?number|undefined} value */
export function number(value) {
  return value === null || value === undefined || Number.isNaN(value) ? NOTHING
    : Math.abs(value) < 100 ? ONE_DIGIT.format(value) : NUMBER.format(Math.round(value));
}

/** @param {?number|undefined} share 0 to 1 */
export function percent(share) {
  return share === null || share === undefined || Number.isNaN(share) ? NOTHING
    // 99.97 is not 100: what failed must show
    : share < 1 && share > 0.999 ? '99.9 %' : `${ONE_DIGIT.format(share * 100)} %`;
}

/** @param {?number|undefined} millis */
export function duration(millis) {
  if (millis === null || millis === undefined || Number.isNaN(millis)) {
    return NOTHING;
  }
  const seconds = millis / 1000;
  if (seconds < 1) {
    return `${Math.round(millis)} ms`;
  }
  if (seconds < 60) {
    return `${ONE_DIGIT.format(seconds)} s`;
  }
  if (seconds < 3600) {
    return `${Math.round(seconds / 60)} min`;
  }
  if (seconds < 172800) {
    return `${ONE_DIGIT.format(seconds / 3600)} h`;
  }
  return `${Math.round(seconds / 86400)} days`;
}

/** @param {?string|undefined} at RFC 3339 */
export function ago(at) {
  if (!at) {
    return NOTHING;
  }
  const past = Math.round((Date.now() - Date.parse(at)) / 1000) * 1000;
  return past < -1500 ? `in ${duration(-past)}` : past < 1500 ? 'just now' : `${duration(past)} ago`;
}

/** Today's times by the clock, others with their day. @param {?string|undefined} at RFC 3339 */
export function when(at) {
  if (!at) {
    return NOTHING;
  }
  const time = new Date(at);
  const age = Math.abs(Date.now() - time.getTime());
  return time.toDateString() === new Date().toDateString() ? TIME.format(time)
    : age < 300 * 86400000 ? DAY.format(time) : YEAR.format(time);
}

/** A value of a record. @param {unknown} value */
export function text(value) {
  if (value === null || value === undefined || value === '') {
    return NOTHING;
  }
  if (Array.isArray(value)) {
    return value.length > 0 ? value.map(text).join(', ') : NOTHING;
  }
  return typeof value === 'object' ? Object.entries(value).map(([name, one]) => `${words(name)}: ${text(one)}`).join(', ') : String(value);
}

/** `PT10S` as people read it. @param {string} iso */
export function period(iso) {
  const found = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?$/.exec(iso ?? '');
  const names = ['day', 'hour', 'minute', 'second'];
  const parts = found ? found.slice(1).map((one, i) => one && `${one === '1' ? 'a' : one} ${names[i]}${one === '1' ? '' : 's'}`).filter(Boolean) : [];
  return parts.length > 0 ? parts.join(' ').replace('a hour', 'an hour') : String(iso);
}

/** `firstName` and `needs_reconnect` as people read them. @param {string} name */
export function words(name) {
  const spaced = String(name ?? '').replace(/[._-]+/g, ' ').replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/([a-z])(\d)/g, '$1 $2').toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** @type {Map<string, string>} platforms' names as their vendors write them, by id */
const vendors = new Map();

/** @param {Array<{id: string, title: string}>} platforms as the hub knows them */
export function learnVendors(platforms) {
  vendors.clear();
  platforms.forEach((one) => vendors.set(one.id, one.title));
}

/** Every platform that the hub knows, to choose one: its id and its name. @returns {Array<[string, string]>} */
export const allVendors = () => [...vendors].sort(([, one], [, other]) => one.localeCompare(other));

/** A platform by the name that its vendor writes. @param {string} id */
export function vendor(id) {
  return vendors.get(id) ?? words(id);
}

/** `hubspot-contacts` with the vendor's name. @param {string} name of a target */
export function targetName(name) {
  const [first, ...rest] = name.split('-');
  return vendors.has(first) ? [vendor(first), ...rest].join(' ') : words(name);
}

/** JSON laid out, other text as it is. @param {string} body */
export function laidOut(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
