import { describeWithRedisOnDisk } from '../../../support/brokers.js';
import { crashTests } from './cases.js';

describeWithRedisOnDisk('Durable messages over BullMQ survive crashes', broker => crashTests('BullMQ', broker), {
  restarts: true,
});
