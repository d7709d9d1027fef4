import { ContextOrigin, type OriginOptions } from './context-origin.js';

/** As Node gives them: names in lower case. */
export type HttpHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Safe to log and send on. */
const IDENTIFIER = /^[\w.:/+=@-]{1,128}$/;
/** W3C Trace Context, section 3.2. */
const TRACE_PARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

/**
 * The origin of an HTTP request. Correlation: `x-correlation-id`, else the trace of `traceparent`, else new;
 * cause: `x-causation-id`; `traceparent` and `tracestate` become headers. Malformed values are ignored.
 */
export function originOfHttp(headers: HttpHeaders, options: OriginOptions = {}): ContextOrigin {
  const traceparent = matching(headers['traceparent'], TRACE_PARENT);
  const tracestate = traceparent === undefined ? undefined : matching(headers['tracestate'], /^[\x20-\x7e]{1,512}$/);
  return new ContextOrigin({
    correlationId: matching(headers['x-correlation-id'], IDENTIFIER) ?? traceparent?.slice(3, 35),
    causationId: matching(headers['x-causation-id'], IDENTIFIER),
    ...options,
    headers: {
      ...(traceparent !== undefined && { traceparent }),
      ...(tracestate !== undefined && { tracestate }),
      ...options.headers,
    },
  });
}

const matching = (value: string | readonly string[] | undefined, pattern: RegExp): string | undefined =>
  typeof value === 'string' && value.length <= 512 && pattern.test(value) ? value : undefined;
