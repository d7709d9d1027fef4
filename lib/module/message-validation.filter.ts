import { Catch, HttpStatus, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { throwError } from 'rxjs';
import { MessageValidationException } from '../errors/message-validation.exception.js';

interface HttpResponse {
  status(code: number): { send(body: unknown): unknown };
}

/**
 * Answers an HTTP request whose message is not valid with 400 and every violation: bind it with `app.useGlobalFilters`,
 * `APP_FILTER` or `@UseFilters`. Elsewhere the exception goes on as it is.
 */
@Catch(MessageValidationException)
export class MessageValidationFilter implements ExceptionFilter<MessageValidationException> {
  catch(exception: MessageValidationException, host: ArgumentsHost): unknown {
    if (host.getType() !== 'http') return throwError(() => exception);
    const { violations } = exception;
    return host
      .switchToHttp()
      .getResponse<HttpResponse>()
      .status(HttpStatus.BAD_REQUEST)
      .send({
        statusCode: HttpStatus.BAD_REQUEST,
        error: 'Bad Request',
        message: violations.map(({ path, message }) => (path ? `${path}: ${message}` : message)),
        violations,
      });
  }
}
