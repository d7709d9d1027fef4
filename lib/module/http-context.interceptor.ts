import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { map, Observable } from 'rxjs';
import type { ContextOrigin } from '../context/context-origin.js';
import { originOfHttp } from '../context/http-origin.js';
import { Beside } from '../messages/beside.js';
import { inContext } from '../pipeline/propagate-context.js';
import { edgeRequestOf, type EdgeRequest } from './edge-request.js';

/**
 * Where the dispatches of a request begin. Beside the request, since every resolver of a GraphQL operation runs through
 * the interceptor and all have one context. Written and read by the interceptor alone.
 */
const origins = new Beside<ContextOrigin>();

/**
 * Begins the context of what a request dispatches: bind it with `app.useGlobalInterceptors`, `APP_INTERCEPTOR` or
 * `@UseInterceptors`. Correlation comes from `x-correlation-id`, else from `traceparent`, else it is new. It works with
 * and without `propagateContext`.
 *
 * - HTTP: the headers of the request; the correlation is answered as `x-correlation-id`.
 * - GraphQL: the HTTP request behind the resolvers, all of which have one context. Over `graphql-ws` each operation has
 *   one, from the request that opened the connection and from `connectionParams`.
 * - Websockets: each message has one, from the handshake and its `auth`, or from `client.request`.
 * - Microservices: each message has one, from the headers or metadata that the transport carries.
 *
 * Handlers of anything else pass untouched.
 */
@Injectable()
export class HttpContextInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = edgeRequestOf(context);
    if (request === undefined) return next.handle();
    const origin = originOf(request);
    const result = new Observable<unknown>(subscriber => origin.run(() => next.handle().subscribe(subscriber)));
    // The generator of a GraphQL subscription runs when the next value is asked for.
    return context.getType<string>() === 'graphql' ? result.pipe(map(value => inContext(value, origin))) : result;
  }
}

function originOf({ identity, headers, response }: EdgeRequest): ContextOrigin {
  const begun = identity && origins.of(identity);
  if (begun) return begun;
  const origin = originOfHttp(headers);
  if (identity) origins.set(identity, origin);
  if (!response?.headersSent) response?.header?.('x-correlation-id', origin.correlationId);
  return origin;
}
