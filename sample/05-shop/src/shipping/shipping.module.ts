import { Module } from '@nestjs/common';
import { CqrsModule, expose } from 'nestjs-cqrs';
import { OrderPlaced } from '../contracts/order.js';
import { QuoteShipping } from '../contracts/shipping.js';
import { routes, serverOf } from '../network.js';
import { TraceMiddleware } from '../tracing/trace.middleware.js';
import { Shipping } from './shipping.js';

@Module({
  imports: [
    CqrsModule.forRoot({
      propagateContext: true,
      routes: routes(),
      expose: [expose(QuoteShipping, OrderPlaced).on(serverOf('shipping'))],
    }),
  ],
  providers: [Shipping, TraceMiddleware],
})
export class ShippingModule {}
