/** @module pages/flows */
import * as api from '../api.js';
import {h} from '../element.js';
import {duration, number} from '../format.js';
import {ask, button, perform, state, table} from '../parts.js';

/** @param {import('../app.js').PageContext} context */
export function render({head, live}) {
  const page = live({
    what: 'the flows', every: 4000, bones: 10,
    load: (signal) => api.get('/flows', {}, signal),
    show: ({items}) => h('section.card.flush', table({
      caption: 'Flows', quiet: true, rows: items,
      columns: [
        {head: 'Flow', cell: (row) => [h('strong', row.id), row.description && h('p.small.muted', row.description)]},
        {head: 'State', cell: (row) => state(row.state)},
        {head: 'Done', amount: true, cell: (row) => number(row.exchanges)},
        {head: 'Failed', amount: true, cell: (row) => number(row.failed)},
        {head: 'Under way', amount: true, cell: (row) => number(row.inflight)},
        {head: 'Mean', amount: true, cell: (row) => duration(row.meanMillis)},
        {head: 'Control', act: true, cell: (row) => control(row) || ''},
      ],
    })),
  });

  function control(row) {
    if (!api.may('run')) {
      return false;
    }
    if (row.mayStop === false) {
      return h('span.muted.small', 'this page comes by it');
    }
    const path = `/flows/${encodeURIComponent(row.id)}`;
    return String(row.state).toLowerCase() === 'started'
      ? button('Stop…', () => ask({
        title: `Stop the flow ${row.id}?`, action: 'Stop', danger: true,
        body: h('p', 'What is under way is finished; nothing new is taken up until it is started again. What arrives meanwhile waits in the queue, or is answered 503 where the flow is the door.'),
        act: async () => {
          await api.post(`${path}/stop`);
          page.refresh();
        },
      }), 'little', {'aria-label': `Stop ${row.id}`, 'data-key': `stop-${row.id}`})
      : button('Start', () => perform(() => api.post(`${path}/start`), `${row.id} is started`).then(() => page.refresh()), 'little main', {'aria-label': `Start ${row.id}`, 'data-key': `start-${row.id}`});
  }

  return [head('Flows'), h('div.stack', page.element, h('p.muted', 'Each flow step by step, and what runs through it, is in Hawtio, on the management port of the machine that runs the hub: ',
      h('a', {href: hawtio(), rel: 'noreferrer'}, hawtio()), ' (METRICS_PORT, 9090 unless told otherwise; reachable from that machine only, unless told otherwise).'))];
}

function hawtio() {
  return `http://${location.hostname}:9090/hawtio`;
}
