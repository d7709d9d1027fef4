import { Catch, HttpException, HttpStatus, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { RemoteUnavailableException } from 'nestjs-cqrs';
import { PaymentDeclined } from '../contracts/payment.js';

// #region filter
/** The error of the payment process is caught by its class, as if it were thrown here. */
@Catch(PaymentDeclined, RemoteUnavailableException)
export class FailuresFilter extends BaseExceptionFilter {
  override catch(failure: PaymentDeclined | RemoteUnavailableException, host: ArgumentsHost): void {
    super.catch(answerTo(failure), host);
  }
}

function answerTo(failure: PaymentDeclined | RemoteUnavailableException): HttpException {
  if (failure instanceof PaymentDeclined)
    return new HttpException({ message: failure.message, left: Number(failure.left) }, HttpStatus.PAYMENT_REQUIRED);
  const { service, outcome } = failure;
  return new HttpException({ message: `${service} does not answer`, outcome }, HttpStatus.SERVICE_UNAVAILABLE);
}
// #endregion
