import { CqrsException } from './cqrs.exception.js';

/** `MessageContext.current()` found no context. */
export class NoContextException extends CqrsException {
  constructor() {
    super({
      code: 'CQRS_NO_CONTEXT',
      what: 'No context is known here: this code runs outside of any dispatch, or contexts are not propagated.',
      where: 'MessageContext.current()',
      remedy:
        'Set propagateContext: true in CqrsModule.forRoot(), take the context as second argument of the handler, or ask MessageContext.find() where there may be none.',
    });
  }
}
