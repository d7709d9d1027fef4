import { type ArgumentsHost, Catch, type ExceptionFilter, HttpStatus } from '@nestjs/common';
import type { Response } from 'express';
import { GameError } from './game-error.js';

/** Answers 404 for what does not exist, 409 for what the rules forbid. */
@Catch(GameError)
export class GameErrorFilter implements ExceptionFilter<GameError> {
  catch({ reason, message }: GameError, host: ArgumentsHost): void {
    const status = reason === 'unknown' ? HttpStatus.NOT_FOUND : HttpStatus.CONFLICT;
    host.switchToHttp().getResponse<Response>().status(status).json({ message });
  }
}
