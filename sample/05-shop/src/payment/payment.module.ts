import { Module } from '@nestjs/common';
import { CqrsModule, expose } from 'nestjs-cqrs';
import { OrderPlaced } from '../contracts/order.js';
import { Charge, ListPayments, PaymentDeclined } from '../contracts/payment.js';
import { ListPaymentQueues } from '../contracts/queues.js';
import { routes, serverOf } from '../network.js';
import { Database } from '../storage/database.js';
import { durable } from '../storage/durable.js';
import { QueueReport } from '../storage/queue-report.js';
import { TraceMiddleware } from '../tracing/trace.middleware.js';
import { Invoices } from './invoices.js';
import { Payments } from './payments.js';
import { PaymentQueuesHandler } from './queues.handler.js';
import { nightlyReport, Reports } from './reports.js';

// #region module
@Module({
  imports: [
    CqrsModule.forRoot({
      propagateContext: true,
      routes: routes(),
      expose: [expose(Charge, ListPayments, ListPaymentQueues, OrderPlaced).on(serverOf('payment'))],
      messages: [PaymentDeclined],
      durable: { ...(await durable('payment')), schedules: [nightlyReport] },
    }),
  ],
  providers: [Payments, Invoices, Reports, PaymentQueuesHandler, QueueReport, Database, TraceMiddleware],
})
export class PaymentModule {}
// #endregion
