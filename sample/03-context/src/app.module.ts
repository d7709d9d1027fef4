import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { CqrsModule, HttpContextInterceptor } from 'nestjs-cqrs';
import { OrdersController } from './orders/orders.controller.js';
import { Orders } from './orders/orders.service.js';
import { StockController } from './stock/stock.controller.js';
import { Stock } from './stock/stock.service.js';
import { TraceMiddleware } from './tracing/trace.middleware.js';
import { Traces } from './tracing/traces.js';

// #region module
@Module({
  imports: [CqrsModule.forRoot({ propagateContext: true, strict: true })],
  controllers: [OrdersController, StockController],
  providers: [
    Orders,
    Stock,
    Traces,
    TraceMiddleware,
    // Begins the context of every request with its x-correlation-id or traceparent.
    { provide: APP_INTERCEPTOR, useClass: HttpContextInterceptor },
  ],
})
export class AppModule {}
// #endregion
