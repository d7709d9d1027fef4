import { Catch, HttpStatus, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { throwError } from 'rxjs';
import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import { MessageValidationException } from '../errors/message-validation.exception.js';

/** Express or Fastify. */
interface HttpResponse {
  status(code: number): { send(body: unknown): unknown };
}

/** `socket.io` emits events; `ws` sends text. */
interface SocketClient {
  readonly readyState?: number;
  send?(text: string): unknown;
  emit?(event: string, payload: object): unknown;
}

const logger = new CqrsLogger('MessageValidationFilter');

const BAD_USER_INPUT = 'BAD_USER_INPUT';
const INVALID_ARGUMENT = 3;
/** `readyState` of a connected `ws` client. */
const OPEN = 1;

/**
 * Tells clients what is wrong with a message.
 *
 * - HTTP: 400 with every violation.
 * - GraphQL: the exception, with `code: 'BAD_USER_INPUT'` and `violations` in `extensions`.
 * - Microservices: an error with `status`, `message`, `code` and `violations`; gRPC status INVALID_ARGUMENT. Also
 *   logs a warning: events have no answer.
 * - Websockets: event `exception` with these fields and, as `cause`, what the client sent. Acknowledgements get the
 *   fields too.
 *
 * Elsewhere it rethrows.
 */
@Catch(MessageValidationException)
export class MessageValidationFilter implements ExceptionFilter<MessageValidationException> {
  catch(exception: MessageValidationException, host: ArgumentsHost): unknown {
    switch (host.getType<string>()) {
      case 'http':
        return answer(exception, host.switchToHttp().getResponse());
      case 'rpc':
        return reply(exception, host.switchToRpc().getContext());
      case 'ws':
        return emit(exception, host);
      case 'graphql':
        throw Object.assign(exception, { extensions: { code: BAD_USER_INPUT, violations: exception.violations } });
      default:
        throw exception;
    }
  }
}

function answer(exception: MessageValidationException, response?: Partial<HttpResponse>): unknown {
  // Other libraries run handlers as `http`, without response.
  if (typeof response?.status !== 'function') throw exception;
  const { violations } = exception;
  return response.status(HttpStatus.BAD_REQUEST).send({
    statusCode: HttpStatus.BAD_REQUEST,
    error: 'Bad Request',
    message: violations.map(({ path, message }) => (path ? `${path}: ${message}` : message)),
    violations,
  });
}

/** Transports serialize failures: an `Error` would lose its message. */
function reply(exception: MessageValidationException, context?: { getMap?: unknown }): unknown {
  logger.warn(exception.message);
  const isGrpc = typeof context?.getMap === 'function';
  const error = isGrpc ? { ...errorOf(exception), code: INVALID_ARGUMENT } : errorOf(exception);
  return throwError(() => error);
}

/** With a filter, Nest itself sends nothing. */
function emit(exception: MessageValidationException, host: ArgumentsHost): void {
  const ws = host.switchToWs();
  const client = ws.getClient<SocketClient | undefined>() ?? {};
  const error = errorOf(exception);
  const payload = { ...error, cause: { pattern: ws.getPattern(), data: ws.getData<unknown>() } };
  if (client.readyState === undefined) client.emit?.('exception', payload);
  else if (client.readyState === OPEN) client.send?.(JSON.stringify({ event: 'exception', data: payload }));
  const acknowledge = host.getArgByIndex<unknown>(2);
  if (typeof acknowledge === 'function') acknowledge(error);
}

const errorOf = ({ message, code, violations }: MessageValidationException) =>
  ({ status: 'error', message, code, violations }) as const;
