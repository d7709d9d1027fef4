import { describeWithRedis } from '../../../support/brokers.js';
import { testConformance } from './cases.js';
import { processAdapter } from './process-adapter.js';

const features = { sharesLoad: false, manyReplies: true, addressable: true, tellsNobodyListens: false };

describeWithRedis('microservices over Redis conform', broker => {
  testConformance(
    processAdapter('redis', () => ({ engine: 'redis', host: broker.host, port: broker.port, url: broker.url }), {
      features,
    }),
  );
});
