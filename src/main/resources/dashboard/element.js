/**
 * Elements by name. Text is only ever put in as text: what the API says cannot become markup.
 * @module element
 */

/** @typedef {Node|string|number|false|null|undefined} Part */

/**
 * Makes an element.
 * @param {string} tag such as `p`, or `p.muted.small`
 * @param {Record<string, unknown>|Part|Part[]} [attributes] `on…` are listeners; false, null and undefined are left out
 * @param {...(Part|Part[])} parts
 * @returns {HTMLElement}
 */
export function h(tag, attributes, ...parts) {
  const [name, ...classes] = tag.split('.');
  const element = document.createElement(name);
  if (classes.length > 0) {
    element.className = classes.join(' ');
  }
  if (isAttributes(attributes)) {
    for (const [key, value] of Object.entries(attributes)) {
      set(element, key, value);
    }
  } else {
    parts.unshift(attributes);
  }
  element.append(...nodes(parts));
  return element;
}

/** @param {unknown} value */
function isAttributes(value) {
  return typeof value === 'object' && value !== null && !(value instanceof Node) && !Array.isArray(value);
}

/** @param {HTMLElement} element @param {string} key @param {unknown} value */
function set(element, key, value) {
  if (value === false || value === null || value === undefined) {
    return;
  }
  if (key.startsWith('on')) {
    element.addEventListener(key.slice(2), /** @type {EventListener} */ (value));
  } else if (key === 'class') {
    element.className = [element.className, value].filter(Boolean).join(' ');
  } else if (key === 'value' || key === 'checked' || key === 'selected') {
    element[key] = value;
  } else {
    element.setAttribute(key, value === true ? '' : String(value));
  }
}

/** @param {Array<Part|Part[]>} parts @returns {Array<Node|string>} */
function nodes(parts) {
  return parts.flat(4).filter((part) => part !== null && part !== undefined && part !== false)
      .map((part) => (part instanceof Node ? part : String(part)));
}

/**
 * Replaces what an element holds, and keeps for the reader where the focus is and which details are open, by `data-key`.
 * @param {HTMLElement} element
 * @param {...(Part|Part[])} parts
 */
export function fill(element, ...parts) {
  const focused = document.activeElement instanceof HTMLElement && element.contains(document.activeElement)
    ? document.activeElement.dataset.key : undefined;
  const open = [...element.querySelectorAll('details[data-key][open]')].map((one) => one.dataset.key);
  element.replaceChildren(...nodes(parts));
  for (const one of element.querySelectorAll('details[data-key]')) {
    one.open ||= open.includes(one.dataset.key);
  }
  if (focused) {
    element.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({preventScroll: true});
  }
}
