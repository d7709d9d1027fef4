import type { INestApplicationContext } from '@nestjs/common';
import { UnhandledExceptionBus, type UnhandledExceptionInfo } from '../../index.js';
import { observe } from '../../extension.js';
import { Stubs } from '../stub/stubs.js';
import { FlowProbe } from './flow-probe.js';
import { KnownFlows } from './known-flows.js';

const kits = new WeakMap<object, Kit>();

/** What the kit knows of an application. It watches from the first use until the application is gone. */
export class Kit {
  readonly stubs: Stubs;
  readonly flows = new KnownFlows();

  /** @throws CqrsException (CQRS_NOT_OBSERVABLE) */
  static of(app: INestApplicationContext): Kit {
    let kit = kits.get(app);
    if (kit === undefined) kits.set(app, (kit = new Kit(app)));
    return kit;
  }

  /** Undefined if nothing has watched the application. */
  static find(app: INestApplicationContext): Kit | undefined {
    return kits.get(app);
  }

  private constructor(app: INestApplicationContext) {
    this.stubs = new Stubs(app);
    observe(app, new FlowProbe(this.flows, this.stubs));
    app
      .get<UnhandledExceptionBus<unknown>>(UnhandledExceptionBus, { strict: false })
      .subscribe(info => this.failed(info));
  }

  /** A failure that is reported: also of what a probe does not see, as of operators of rxjs. */
  private failed({ exception, message, handler, module, context }: UnhandledExceptionInfo<unknown>): void {
    const known = this.flows.of(context) ?? this.flows.of(context?.parent);
    if (known === undefined) return;
    const identity = handler === undefined ? undefined : { name: handler, module };
    const { flow } = known;
    if (message !== undefined && flow.ignores(message)) return;
    // A command of a saga is reported with the context of its event.
    const recorded = (message && flow.of(message)) ?? known.recorded;
    flow.fail({ error: exception, message, handler: identity, recorded });
  }
}
