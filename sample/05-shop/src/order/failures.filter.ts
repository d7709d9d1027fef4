import { Catch, HttpStatus, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { RemoteUnavailableException } from 'nestjs-cqrs';
import { PaymentDeclined } from '../contracts/payment.js';

// #region filter
/** Catches the error of the payment process by its class, as if it were thrown here. */
@Catch(PaymentDeclined, RemoteUnavailableException)
export class FailuresFilter implements ExceptionFilter {
  catch(failure: PaymentDeclined | RemoteUnavailableException, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    if (failure instanceof PaymentDeclined) {
      const { message, left } = failure;
      response.status(HttpStatus.PAYMENT_REQUIRED).json({ message, left: Number(left) });
    } else {
      const { service, outcome } = failure;
      response.status(HttpStatus.SERVICE_UNAVAILABLE).json({ message: `${service} does not answer`, outcome });
    }
  }
}
// #endregion
