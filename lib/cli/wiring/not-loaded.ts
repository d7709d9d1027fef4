/** The application cannot be loaded: exit code 2. The message says how to go on. */
export class NotLoaded extends Error {}
