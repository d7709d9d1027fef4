import { isArrival } from '../../context/arrival.js';
import type { MessageContext } from '../../context/message-context.js';
import { StoredInvoker } from './stored-invoker.js';

/** Stores an event of a durable route, to be sent to another process. */
export class RelayInvoker extends StoredInvoker {
  /** An event that came from another process is not sent on: no loops. */
  override async invoke(event: object, context: MessageContext): Promise<unknown> {
    return isArrival(context) ? undefined : super.invoke(event, context);
  }
}
