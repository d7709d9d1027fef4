import { Module } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR } from '@nestjs/core';
import { CqrsModule, HttpContextInterceptor } from 'nestjs-cqrs';
import { transactional } from 'nestjs-cqrs/transactional';
import { Charge, ListPayments, PaymentDeclined } from '../contracts/payment.js';
import { ListPaymentQueues, ListShippingQueues } from '../contracts/queues.js';
import { QuoteShipping } from '../contracts/shipping.js';
import { routes } from '../network.js';
import { DatabaseModule } from '../storage/database.js';
import { durable } from '../storage/durable.js';
import { QueueReport } from '../storage/queue-report.js';
import { transactions } from '../storage/transactions.js';
import { PrometheusModule } from '../telemetry/prometheus.js';
import { TraceMiddleware } from '../tracing/trace.middleware.js';
import { Confirmations } from './confirmations.js';
import { FailuresFilter } from './failures.filter.js';
import { Mails } from './mails.js';
import { OrdersController } from './orders.controller.js';
import { Orders } from './orders.js';
import { Reminders } from './reminders.js';
import { StorageController } from './storage.controller.js';

// #region module
@Module({
  imports: [
    DatabaseModule,
    PrometheusModule,
    transactions(),
    CqrsModule.forRoot({
      propagateContext: true,
      routes: routes(),
      expectHandlersFor: [Charge, ListPayments, QuoteShipping, ListPaymentQueues, ListShippingQueues],
      messages: [PaymentDeclined],
      durable: await durable('order'),
      unitOfWork: transactional(),
    }),
  ],
  controllers: [OrdersController, StorageController],
  providers: [
    Orders,
    Confirmations,
    Mails,
    Reminders,
    QueueReport,
    TraceMiddleware,
    { provide: APP_FILTER, useClass: FailuresFilter },
    { provide: APP_INTERCEPTOR, useClass: HttpContextInterceptor },
  ],
})
export class OrderModule {}
// #endregion
