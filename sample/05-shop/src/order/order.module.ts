import { Module } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR } from '@nestjs/core';
import { CqrsModule, HttpContextInterceptor } from 'nestjs-cqrs';
import { Charge, ListPayments, PaymentDeclined } from '../contracts/payment.js';
import { QuoteShipping } from '../contracts/shipping.js';
import { routes } from '../network.js';
import { TraceMiddleware } from '../tracing/trace.middleware.js';
import { FailuresFilter } from './failures.filter.js';
import { OrdersController } from './orders.controller.js';
import { Orders } from './orders.js';

// #region module
@Module({
  imports: [
    CqrsModule.forRoot({
      propagateContext: true,
      routes: routes(),
      expectHandlersFor: [Charge, ListPayments, QuoteShipping],
      messages: [PaymentDeclined],
    }),
  ],
  controllers: [OrdersController],
  providers: [
    Orders,
    TraceMiddleware,
    { provide: APP_FILTER, useClass: FailuresFilter },
    { provide: APP_INTERCEPTOR, useClass: HttpContextInterceptor },
  ],
})
export class OrderModule {}
// #endregion
