// The other process: sends requests to ports of this machine, for a time or a number of them, and tells how they were answered.
import { Agent, request } from 'node:http';

const MOST_REQUESTS = 2_000_000;
const WORKERS = 6;

const agent = new Agent({ keepAlive: true });
const told = { orders: 0, wrong: 0, waits: 0, gone: 0 };
let sent = 0;

/** Sends one request; one that the client leaves resolves to nothing. */
const post = (port, path, tenant, body, leaveAfter) =>
  new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const headers = { 'content-type': 'application/json', 'content-length': text.length, 'x-tenant': tenant };
    // One that is left takes its connection with it: none that others use.
    const own = leaveAfter === undefined ? agent : false;
    const call = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent: own }, response => {
      let answer = '';
      response.setEncoding('utf8').on('data', chunk => (answer += chunk));
      response.on('end', () => resolve({ status: response.statusCode, answer }));
      response.on('error', reject);
    });
    call.on('error', error => (leaveAfter === undefined ? reject(error) : resolve(undefined)));
    call.end(text);
    if (leaveAfter !== undefined) setTimeout(() => call.destroy(), leaveAfter);
  });

async function work(port, worker, { until, most }) {
  while (Date.now() < until && sent < most) {
    const number = ++sent;
    const tenant = `tenant-${(number + worker) % 7}`;
    const id = `${process.pid}-${number}`;
    if (number % 40 === 0) {
      const answered = await post(
        port,
        '/waits',
        tenant,
        { id, number: number / 40 },
        (number / 40) % 2 ? 10 : undefined,
      );
      told[answered === undefined ? 'gone' : 'waits'] += 1;
      continue;
    }
    const { status, answer } = await post(port, '/orders', tenant, { id, number });
    told.orders += 1;
    if (status !== 201 || JSON.parse(answer).tenant !== tenant) told.wrong += 1;
  }
}

process.on('message', async ({ ports, seconds, requests }) => {
  const end = {
    until: seconds === undefined ? Infinity : Date.now() + seconds * 1_000,
    most: requests === undefined ? MOST_REQUESTS : sent + requests,
  };
  const workers = ports.flatMap(port => Array.from({ length: WORKERS }, (_, i) => work(port, i, end)));
  await Promise.all(workers);
  process.send({ ...told });
  for (const what of Object.keys(told)) told[what] = 0;
});
process.on('disconnect', () => agent.destroy());
