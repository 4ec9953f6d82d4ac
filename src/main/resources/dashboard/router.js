/**
 * Which page is shown: `#/operations/ID?status=dead` is the page, what follows it, and the filters.
 * @module router
 */

/** Where a page is, and what it was asked for. */
export class Place {
  /** @param {string} hash */
  constructor(hash) {
    const [path, query = ''] = hash.replace(/^#\/?/, '').split('?');
    const [page, ...rest] = path.split('/').map(decoded);
    this.page = page || 'overview';
    this.rest = rest.filter(Boolean);
    this.query = new URLSearchParams(query);
  }
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The filters of a page, which stay in its address so that it can be kept and sent. */
export class Filters {
  /** @param {URLSearchParams} query */
  constructor(query) {
    this.query = query;
  }

  /** @param {string} name @returns {string} empty where it is not set */
  get(name) {
    return this.query.get(name) ?? '';
  }

  /** @param {Record<string, string>} values an empty one takes the filter away; the list begins anew */
  set(values) {
    for (const [name, value] of Object.entries({cursor: '', ...values})) {
      if (value) {
        this.query.set(name, value);
      } else {
        this.query.delete(name);
      }
    }
    const text = this.query.toString();
    history.replaceState(null, '', location.hash.split('?')[0] + (text ? `?${text}` : ''));
  }
}

/**
 * The address of a page.
 * @param {string} page @param {Array<string>} [rest] @param {Record<string, string>} [query]
 */
export function to(page, rest = [], query = {}) {
  const text = new URLSearchParams(Object.entries(query).filter(([, value]) => value)).toString();
  return `#/${[page, ...rest].map(encodeURIComponent).join('/')}${text ? `?${text}` : ''}`;
}
