import { IsEmail, IsOptional, Matches } from 'class-validator';
import { USER_ID } from './user.js';

/** What `POST /users` takes. */
export class CreateUserBody {
  /** Chosen by the server if left out. */
  @IsOptional()
  @Matches(USER_ID, { message: 'id must be 1 to 64 letters, digits, hyphens or underscores' })
  id?: string;

  @IsEmail()
  email!: string;
}
