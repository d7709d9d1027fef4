import { freePort } from '../../../support/broker-process.js';
import { testConformance } from './cases.js';
import { processAdapter } from './process-adapter.js';

const features = { sharesLoad: true, manyReplies: true, addressable: true, tellsNobodyListens: true };

describe('microservices over TCP conform', () => {
  const host = '127.0.0.1';
  let port = 0;
  beforeAll(async () => (port = await freePort()));
  testConformance(
    processAdapter('tcp', () => ({ engine: 'tcp', host, port, url: '' }), {
      features,
      severalServers: false,
      tellsCallerGone: true,
    }),
  );
});
