import { whenDone, type Probe, type Watching } from '../../../lib/extension.js';

/** Counts what is open, and notes each time that nothing is. */
export class CountingProbe implements Required<Omit<Probe, 'isAsleep' | 'leaves'>> {
  open = 0;
  /** How often the count has come back to zero. */
  zeros = 0;
  /** What has begun, in order. */
  readonly begun: string[] = [];

  readonly wrap: Required<Probe>['wrap'] = (point, run) => (message, context) => {
    const { at, middleware, place } = point;
    const what = [at, middleware, place].filter(Boolean).join(' ');
    this.begin(
      `${what} ${message.constructor.name}${at === 'handler' && context.attempt > 1 ? ` ${context.attempt}` : ''}`,
    );
    return whenDone(
      () => run(message, context),
      () => this.end(),
    );
  };

  readonly publish: Required<Probe>['publish'] = ({ event, handlers }) =>
    this.watch(`publish ${nameOf(event)} to ${handlers.length}`);
  readonly sagaWorks: Required<Probe>['sagaWorks'] = ({ saga, event }) =>
    this.watch(`${saga.name} works on ${nameOf(event)}`);
  readonly sagaEmits: Required<Probe>['sagaEmits'] = ({ saga, command }) =>
    this.watch(`${saga.name} emits ${nameOf(command as object)}`);
  readonly rows: Required<Probe>['rows'] = ({ query }) => this.watch(`rows of ${nameOf(query)}`);
  readonly receives: Required<Probe>['receives'] = ({ from, message }) =>
    this.watch(`receives ${message && nameOf(message)} from ${from}`);

  private watch(what: string): Watching {
    this.begin(what);
    return { end: () => this.end() };
  }

  private begin(what: string): void {
    this.open += 1;
    this.begun.push(what);
  }

  private end(): void {
    this.open -= 1;
    if (this.open === 0) this.zeros += 1;
  }
}

const nameOf = (message: object): string => message?.constructor.name ?? String(message);
