import { CommandBus } from '../../../lib/buses/command-bus.js';
import { EventBus } from '../../../lib/events/event-bus.js';
import { FailureReporter, type UnhandledException } from '../../../lib/dispatch/failures.js';
import type { MessageContext } from '../../../lib/context/message-context.js';
import { FunctionInvoker } from '../../../lib/handlers/handler-invoker.js';
import type { MessageType } from '../../../lib/messages/message.js';
import type { SagaDefinition } from '../../../lib/sagas/saga-definition.js';
import { SagaRunner, type SagaRunnerOptions } from '../../../lib/sagas/saga-runner.js';

export class Paid {
  constructor(readonly order: string) {}
}
export class PaidTwice extends Paid {}
export class Shipped {
  constructor(readonly order: string) {}
}
export class Ship {
  constructor(readonly order: string) {}
}

/** A saga that is a function. */
export const saga = (run: (...given: any[]) => unknown, events?: MessageType[]): SagaDefinition => ({
  name: 'onPaid',
  events,
  invoker: new FunctionInvoker(run, { name: 'Sagas.onPaid', module: 'OrdersModule' }),
});

/** Two buses, a runner, and what came of it all. */
export class Stage {
  readonly events = new EventBus();
  readonly commands = new CommandBus();
  /** The orders shipped, in order. */
  readonly shipped: string[] = [];
  /** The contexts in which they were. */
  readonly contexts: MessageContext[] = [];
  readonly failures: UnhandledException[] = [];
  readonly runner: SagaRunner;

  constructor(options: Partial<SagaRunnerOptions> = {}) {
    this.commands.register(Ship, ({ order }, context) => {
      this.shipped.push(order);
      this.contexts.push(context);
    });
    const reporter = new FailureReporter({ publish: info => this.failures.push(info) });
    this.runner = new SagaRunner({ events: this.events, commands: this.commands, reporter, ...options });
  }

  /** What has been reported: the message of what was thrown, and its cause. */
  get reported(): unknown[][] {
    return this.failures.map(({ exception, cause }) => [(exception as Error).message, cause]);
  }

  start(run: (...given: any[]) => unknown, events?: MessageType[]): this {
    this.runner.start(saga(run, events));
    return this;
  }

  pay(...orders: string[]): void {
    for (const order of orders) void this.events.publish(new Paid(order));
  }
}
