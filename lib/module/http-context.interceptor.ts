import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { map, Observable } from 'rxjs';
import type { ContextOrigin } from '../context/context-origin.js';
import { originOfHttp } from '../context/http-origin.js';
import { Beside } from '../messages/beside.js';
import { inContext } from '../pipeline/propagate-context.js';
import { edgeRequestOf, type EdgeRequest } from './edge-request.js';

/** Per request: resolvers of a GraphQL operation share one context. Written and read by the interceptor alone. */
const origins = new Beside<ContextOrigin>();

/**
 * Starts the context of a request's dispatches. Correlation: `x-correlation-id`, else `traceparent`, else new. Does not
 * need `propagateContext`.
 *
 * - HTTP: from the headers; answers with `x-correlation-id`.
 * - GraphQL: per HTTP request; over `graphql-ws` per operation, from the opening request and `connectionParams`.
 * - Websockets: per message, from the handshake and its `auth`, or `client.request`.
 * - Microservices: per message, from the transport's headers or metadata.
 *
 * Other handlers pass untouched.
 */
@Injectable()
export class HttpContextInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = edgeRequestOf(context);
    if (request === undefined) return next.handle();
    const origin = originOf(request);
    const result = new Observable<unknown>(subscriber => origin.run(() => next.handle().subscribe(subscriber)));
    // A GraphQL subscription's generator runs when the next value is requested.
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
