import { describeWithNats } from '../../../support/brokers.js';
import { testConformance } from './cases.js';
import { processAdapter } from './process-adapter.js';

const features = { sharesLoad: true, manyReplies: true, addressable: true, tellsNobodyListens: true };

describeWithNats('microservices over NATS conform', broker => {
  testConformance(
    processAdapter('nats', () => ({ engine: 'nats', host: broker.host, port: broker.port, url: broker.url }), {
      features,
    }),
  );
});
