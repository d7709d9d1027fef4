import { Module } from '@nestjs/common';
import { CqrsModule, expose } from 'nestjs-cqrs';
import { Charge, ListPayments, PaymentDeclined } from '../contracts/payment.js';
import { routes, serverOf } from '../network.js';
import { TraceMiddleware } from '../tracing/trace.middleware.js';
import { Payments } from './payments.js';

// #region module
@Module({
  imports: [
    CqrsModule.forRoot({
      propagateContext: true,
      routes: routes(),
      expose: [expose(Charge, ListPayments).on(serverOf('payment'))],
      messages: [PaymentDeclined],
    }),
  ],
  providers: [Payments, TraceMiddleware],
})
export class PaymentModule {}
// #endregion
