import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Observable } from 'rxjs';
import { originOfHttp, type HttpHeaders } from '../context/http-origin.js';

interface HttpResponse {
  header?(name: string, value: string): unknown;
}

/**
 * Begins the context of what an HTTP request dispatches: bind it with `app.useGlobalInterceptors`, `APP_INTERCEPTOR` or
 * `@UseInterceptors`. Correlation comes from `x-correlation-id`, else from `traceparent`, else it is new, and is
 * answered as `x-correlation-id`. Works with and without `propagateContext`; what is no HTTP request passes untouched.
 */
@Injectable()
export class HttpContextInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const http = context.switchToHttp();
    const origin = originOfHttp(http.getRequest<{ headers: HttpHeaders }>().headers);
    http.getResponse<HttpResponse>().header?.('x-correlation-id', origin.correlationId);
    return new Observable(subscriber => origin.run(() => next.handle().subscribe(subscriber)));
  }
}
