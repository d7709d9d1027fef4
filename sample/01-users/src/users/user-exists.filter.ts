import { Catch, ConflictException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { UserExistsError } from './user.js';

/** Tells HTTP clients 409 where the domain says that a user exists. */
@Catch(UserExistsError)
export class UserExistsFilter implements ExceptionFilter<UserExistsError> {
  catch({ message }: UserExistsError, host: ArgumentsHost): void {
    const conflict = new ConflictException(message);
    host.switchToHttp().getResponse<Response>().status(conflict.getStatus()).json(conflict.getResponse());
  }
}
