import { Module } from '@nestjs/common';
import { CqrsModule, expose } from 'nestjs-cqrs';
import { OrderPlaced } from '../contracts/order.js';
import { ListShippingQueues } from '../contracts/queues.js';
import { QuoteShipping } from '../contracts/shipping.js';
import { routes, serverOf } from '../network.js';
import { Database } from '../storage/database.js';
import { durable } from '../storage/durable.js';
import { QueueReport } from '../storage/queue-report.js';
import { TraceMiddleware } from '../tracing/trace.middleware.js';
import { ShippingQueuesHandler } from './queues.handler.js';
import { Shipping } from './shipping.js';

@Module({
  imports: [
    CqrsModule.forRoot({
      propagateContext: true,
      routes: routes(),
      expose: [expose(QuoteShipping, ListShippingQueues, OrderPlaced).on(serverOf('shipping'))],
      durable: await durable('shipping'),
    }),
  ],
  providers: [Shipping, ShippingQueuesHandler, QueueReport, Database, TraceMiddleware],
})
export class ShippingModule {}
