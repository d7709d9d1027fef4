import { describeWithRabbitMQ } from '../../../support/brokers.js';
import { testConformance } from './cases.js';
import { processAdapter } from './process-adapter.js';

const features = { sharesLoad: true, manyReplies: true, addressable: false, tellsNobodyListens: false };

describeWithRabbitMQ('microservices over RabbitMQ conform', broker => {
  testConformance(
    processAdapter('rabbitmq', () => ({ engine: 'rmq', host: broker.host, port: broker.port, url: broker.url }), {
      features,
    }),
  );
});
