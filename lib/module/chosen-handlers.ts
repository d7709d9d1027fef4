import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import type { MessageKind } from '../messages/message.js';
import { checkHandler, chooseEventHandlers, chooseHandlers, duplicate, type CheckedHandler } from './handler-checks.js';
import { providedTwice } from './provided-twice.js';
import type { FoundHandler, ProviderExplorer } from './provider-explorer.js';
import type { KindOfProblem } from './wiring-exception.js';

const logger = new CqrsLogger('CqrsModule');

export class ChosenHandlers {
  private readonly serving: CheckedHandler[] = [];

  constructor(
    private readonly explorer: ProviderExplorer,
    private readonly isPreview: boolean,
  ) {}

  get all(): readonly CheckedHandler[] {
    return this.serving;
  }

  /** @param found all handlers of the application */
  choose(found: readonly FoundHandler[], duplicates: 'error' | 'warn', problems: KindOfProblem[]): CheckedHandler[] {
    const known = new Set(this.serving.map(({ wrapper }) => wrapper));
    const checked = byKind<CheckedHandler>();
    for (const handler of found) {
      const passed = known.has(handler.wrapper) ? undefined : checkHandler(handler, problems, this.isPreview);
      if (passed) checked[passed.declaration.kind].push(passed);
    }
    const present = byKind<CheckedHandler>();
    for (const handler of this.serving) present[handler.declaration.kind].push(handler);
    const refuse: Parameters<typeof chooseHandlers>[2] = (type, first, other) => {
      const problem = duplicate(type, first, other, this.explorer);
      if (duplicates === 'warn') logger.warn(problem.what);
      else problems.push(problem);
    };
    return [
      ...chooseHandlers(present.command, checked.command, refuse),
      ...chooseHandlers(present.query, checked.query, refuse),
      ...chooseEventHandlers(present.event, checked.event, (first, other) => this.warnRunsOnce(first, other)),
    ];
  }

  add(handlers: readonly CheckedHandler[]): void {
    this.serving.push(...handlers);
  }

  private warnRunsOnce(first: FoundHandler, other: FoundHandler): void {
    const { how, remedy } = providedTwice(first, other, this.explorer);
    logger.warn(`${first.identity.name} ${how}; it runs once per event, in the first one. ${remedy}`);
  }
}

const byKind = <T>(): Record<MessageKind, T[]> => ({ command: [], query: [], event: [] });
