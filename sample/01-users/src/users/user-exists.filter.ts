import { Catch, ConflictException, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { UserExistsError } from './user.js';

/** Tells HTTP clients 409 where the domain says that a user exists. */
@Catch(UserExistsError)
export class UserExistsFilter extends BaseExceptionFilter {
  override catch(error: UserExistsError, host: ArgumentsHost): void {
    super.catch(new ConflictException(error.message), host);
  }
}
