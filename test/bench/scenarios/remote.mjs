import { bare, bareFrames, bareRows, remote, remoteRows } from '../contestants/remote.mjs';
import { PAYLOADS } from '../contestants/remote-messages.mjs';
import { hasNats } from '../contestants/remote-places.mjs';

const OURS = 'nestjs-cqrs';

const engines = ['tcp', ...(hasNats() ? ['nats'] : [])];
if (!engines.includes('nats')) console.error('NATS is left out: there is no nats-server, and no NATS_URL.');

const calls = (engine, payload, count) => ({
  name: `${engine}, ${payload}, ${count} in flight`,
  reach: { [OURS]: 1.5 },
  contestants: () => ({
    'ClientProxy.send': bare(engine, payload, count),
    ...(count === 16 && { 'ClientProxy.send of the same bytes': bareFrames(engine, payload, count) }),
    [OURS]: remote(engine, payload, count),
  }),
});

const rows = engine => ({
  name: `${engine}, rows`,
  contestants: () => ({ 'ClientProxy.send to an Observable': bareRows(engine), [OURS]: remoteRows(engine) }),
});

/** A message that another process handles, against what @nestjs/microservices does alone. */
export default [
  ...engines.flatMap(engine =>
    Object.keys(PAYLOADS).flatMap(payload => [1, 16, 128].map(count => calls(engine, payload, count))),
  ),
  ...engines.map(rows),
];
