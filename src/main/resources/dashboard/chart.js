/**
 * Charts over time, by uPlot, which is fetched with the first of them. What a chart shows is also there as a table.
 * @module chart
 */
import {fill, h} from './element.js';
import {table} from './parts.js';
import {when} from './format.js';

/** @typedef {{label: string, values: Array<?number>}} Series */

const HEIGHT = 184;
/** Beside its colour, each line has a dash of its own. */
const DASHES = [[], [6, 3], [2, 3], [10, 3, 2, 3], [4, 4], [1, 2]];
const TABLE_ROWS_MAX = 60;
/** Between two times on the axis, in seconds. */
const STEPS = [60, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 172_800, 604_800];

/** @type {Promise<any>|undefined} */
let library;

function load() {
  library ??= new Promise((resolve, reject) => {
    const style = h('link', {rel: 'stylesheet', href: '/dashboard/vendor/uPlot.min.css'});
    const script = h('script', {src: '/dashboard/vendor/uPlot.iife.min.js', onload: () => resolve(window.uPlot), onerror: () => {
      library = undefined;
      reject(new Error('The chart library was not answered'));
    }});
    document.head.append(style, script);
  });
  return library;
}

/**
 * A chart that can be given new figures.
 * @param {object} options
 * @param {string} options.title
 * @param {(value: ?number) => string} options.format of a value
 * @param {AbortSignal} options.signal ends it
 * @returns {{element: HTMLElement, update: (at: string[], series: Series[]) => void}}
 */
export function chart({title, format, signal}) {
  const canvas = h('div.canvas', {role: 'img', 'aria-label': `${title}: no figures yet`});
  const legend = h('div.legend', {'aria-hidden': 'true'});
  const figures = h('div');
  const details = h('details', {ontoggle: () => showFigures()}, h('summary', 'As a table'), figures);
  const element = h('figure.card.chart', h('figcaption.head', h('h3', title), legend), canvas, details);
  let plot = null;
  let at = [];
  let series = [];
  let drawn = '';

  const showFigures = () => details.open && fill(figures, table({
    caption: title, quiet: true,
    columns: [{head: 'Time', cell: (i) => when(new Date(at[i] * 1000).toISOString())},
      ...series.map((one) => ({head: one.label, amount: true, cell: (i) => format(one.values[i])}))],
    rows: at.map((_, i) => i).slice(-TABLE_ROWS_MAX).reverse(),
  }));

  const draw = async (anew) => {
    const UPlot = await load();
    if (signal.aborted || at.length === 0) {
      return;
    }
    const names = series.map((one) => one.label).join('\n');
    if (plot && !anew && names === drawn) {
      plot.setData([at, ...series.map((one) => one.values)]);
      return;
    }
    plot?.destroy();
    drawn = names;
    const css = getComputedStyle(document.documentElement);
    const colour = (name) => css.getPropertyValue(name).trim();
    const axis = {stroke: colour('--muted'), grid: {stroke: colour('--line'), width: 1}, ticks: {show: false}, font: `12px ${colour('--sans')}`};
    plot = new UPlot({
      width: Math.max(120, canvas.clientWidth), height: HEIGHT, legend: {show: false},
      cursor: {points: {size: 6}, y: false, drag: {x: false, y: false}},
      scales: {y: {range: (_, min, max) => [0, max > 0 ? max * 1.15 : 1]}},
      axes: [{...axis, size: 30, space: 70, incrs: STEPS, values: (_, times) => times.map((one) => clock(one, at.at(-1) - at[0]))}, {...axis, size: 56, values: (_, values) => values.map(format)}],
      series: [{}, ...series.map((_, i) => ({
        stroke: colour(`--series-${i % 6 + 1}`), width: 1.75, dash: DASHES[i % DASHES.length], spanGaps: true,
      }))],
      hooks: {setCursor: [(one) => said(one.cursor.idx)]},
    }, [at, ...series.map((one) => one.values)], canvas);
  };

  const said = (index) => fill(legend, series.map((one, i) => {
    const value = index === null || index === undefined ? last(one.values) : one.values[index];
    return h('span', line(i), one.label, ' ', h('strong.number', format(value)));
  }), index === null || index === undefined ? false : h('span', when(new Date(at[index] * 1000).toISOString())));

  const resized = new ResizeObserver(() => plot?.setSize({width: Math.max(120, canvas.clientWidth), height: HEIGHT}));
  resized.observe(canvas);
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  const redraw = () => draw(true);
  scheme.addEventListener('change', redraw, {signal});
  window.addEventListener('themechange', redraw, {signal});
  signal.addEventListener('abort', () => {
    resized.disconnect();
    plot?.destroy();
  }, {once: true});

  return {
    element,
    update(times, all) {
      at = times.map((one) => Date.parse(one) / 1000);
      series = all;
      canvas.setAttribute('aria-label', `${title}. Last: ${all.map((one) => `${one.label} ${format(last(one.values))}`).join(', ') || 'no figures yet'}`);
      said(null);
      showFigures();
      draw(false).catch(() => fill(canvas, h('p.muted', 'The chart cannot be drawn now; the table below has its figures.')));
    },
  };
}

/** A time on the axis: the hour, or the day where days are shown. @param {number} seconds @param {number} span in seconds */
function clock(seconds, span) {
  const time = new Date(seconds * 1000);
  return span > 172_800 ? time.toLocaleDateString('en-GB', {day: 'numeric', month: 'short'})
    : time.toLocaleTimeString('en-GB', {hour: '2-digit', minute: '2-digit'});
}

/** @param {Array<?number>} values */
function last(values) {
  return values.findLast((one) => one !== null && one !== undefined) ?? null;
}

/** How a series is drawn. @param {number} index */
function line(index) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 10');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', 'M0 5H24');
  path.setAttribute('stroke', `var(--series-${index % 6 + 1})`);
  path.setAttribute('stroke-width', '2.5');
  path.setAttribute('stroke-dasharray', DASHES[index % DASHES.length].join(' ') || 'none');
  svg.append(path);
  return svg;
}
