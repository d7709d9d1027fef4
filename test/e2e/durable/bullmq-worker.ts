import { bullmq } from 'nestjs-cqrs/bullmq';

// A process that takes a job and never ends it. Its arguments are the port of Redis, the queue and the lease.
const [port, name = '', lease] = process.argv.slice(2);
const transport = bullmq({ host: '127.0.0.1', port: Number(port) }, { lease: Number(lease) });
await transport.open([], (problem, error) => console.error(problem, error));
await transport.work({ name, concurrency: 1, isKeyed: false }, ({ id, attempt }) => {
  process.send!(`${id} ${attempt}`);
  return new Promise(() => undefined);
});
