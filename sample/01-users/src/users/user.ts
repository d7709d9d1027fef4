/** A user as the application shows it. */
export interface User {
  readonly id: string;
  readonly email: string;
}

/** What an identifier may look like. */
export const USER_ID = /^[\w-]{1,64}$/;

/** The identifier or the e-mail address belongs to somebody. */
export class UserExistsError extends Error {
  constructor({ id, email }: User) {
    super(`There is a user with the id "${id}" or the e-mail address "${email}" already.`);
  }
}
