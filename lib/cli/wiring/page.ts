import type { WiringDocument, WiringObserved } from '../../index.js';

/** The wiring as one page that needs nothing from elsewhere: a table to search in, and the way of each message. */
export function wiringPage(document: WiringDocument): string {
  const { messages, pipelines, sagas, routes, queues, problems, unseen = [], observed } = document;
  const rows = messages.map(message => {
    const ways = pipelines
      .filter(pipeline => pipeline.message === message.id)
      .map(({ middleware, handler }) =>
        [
          ...middleware.map(
            layer => `<span title="${escaped(`${layer.declaredAt}: ${layer.because}`)}">${escaped(layer.id)}</span>`,
          ),
          `<b>${escaped(handler)}</b>`,
        ].join(' → '),
      );
    const more = [
      ...sagas.filter(({ events }) => events !== '*' && events.includes(message.id)).map(({ id }) => `saga ${id}`),
      ...routes.filter(route => route.message === message.id).map(({ to, engine }) => `to ${to} (${engine})`),
      ...queues
        .filter(queue => queue.messages.includes(message.id))
        .map(({ name, engine }) => `queue ${name} (${engine})`),
      ...(observed === undefined ? [] : [sentBy(message.id, observed)]),
    ].map(escaped);
    const source = message.source === undefined ? '' : `${message.source.file}:${message.source.line}`;
    const cells = [
      escaped(message.kind),
      `<b>${escaped(message.name)}</b><br><small>${escaped(source)}</small>`,
      [...ways, ...more].join('<br>'),
    ];
    return `<tr>${cells.map(cell => `<td>${cell}</td>`).join('')}</tr>`;
  });
  const known = new Set(messages.map(({ id }) => id));
  const sent = new Set(observed?.links.map(({ to }) => to).filter(id => !known.has(id)));
  for (const id of sent) {
    const [kind = '', name = ''] = id.split(/[:@#]/);
    const cells = [escaped(kind), `<b>${escaped(name)}</b>`, `${escaped(sentBy(id, observed!))}<br>no handler`];
    rows.push(`<tr>${cells.map(cell => `<td>${cell}</td>`).join('')}</tr>`);
  }
  const notes = [
    ...problems.map(({ what, remedy, code }) => `${what} ${remedy} [${code}]`),
    ...unseen.map(({ provider, why }) => `Not seen: ${provider}: ${why}`),
  ].map(note => `<li>${escaped(note)}</li>`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Wiring</title>
<style>
  :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
  body { margin: 2rem auto; max-width: 75rem; padding: 0 1rem }
  table { border-collapse: collapse; width: 100% }
  td, th { border-bottom: 1px solid #8884; padding: .4rem .8rem .4rem 0; text-align: left; vertical-align: top }
  input { font: inherit; padding: .4rem; width: 20rem }
  span[title] { text-decoration: underline dotted #8888 }
  small { opacity: .7 }
</style>
<h1>Wiring</h1>
${notes.length > 0 ? `<ul>${notes.join('')}</ul>` : ''}
<label>Search <input type="search" autofocus></label>
<table>
<thead><tr><th>Kind<th>Message<th>Way</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
<script>
  const input = document.querySelector('input');
  input.addEventListener('input', () => {
    const wanted = input.value.toLowerCase();
    for (const row of document.querySelectorAll('tbody tr')) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
</script>
</html>`;
}

function sentBy(id: string, { since, links }: WiringObserved): string {
  const senders = links.filter(({ to }) => to === id).map(({ from, count }) => `${from} (${count})`);
  return senders.length === 0 ? `never seen since ${since}` : `sent by ${senders.join(', ')}`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escaped = (text: string): string => text.replace(/[&<>"]/g, character => ENTITIES[character]!);
