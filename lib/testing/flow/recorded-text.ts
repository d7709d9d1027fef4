import { inspect, type InspectOptions } from 'node:util';

/** What is shown of a message of a flow. */
interface Shown {
  readonly kind: string;
  readonly message: object;
  readonly saga: string | undefined;
  readonly handlers: readonly { readonly handler: { readonly name: string } }[];
  readonly cause: { readonly kind: string; readonly message: object } | undefined;
  readonly duration: number | undefined;
  readonly failure: { readonly error: unknown } | undefined;
}

/** `command Ship { orderId: 'o1' } → Shipping.ship, 4 ms, caused by event OrderPaid`. */
export function recordedText(recorded: Shown, options: InspectOptions): string {
  const { kind, message, saga, handlers, cause, duration, failure } = recorded;
  const shown = (value: unknown) => inspect(value, { ...options, depth: 3, breakLength: Infinity });
  const failedWith = (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : shown(error));
  const by = saga === undefined ? '' : `saga ${saga}: `;
  const to = new Set(handlers.map(({ handler }) => handler.name));
  const details = [
    duration === undefined ? 'not done' : `${Math.round(duration)} ms`,
    failure === undefined ? [] : `failed: ${failedWith(failure.error)}`,
    cause === undefined ? [] : `caused by ${cause.kind} ${cause.message.constructor.name}`,
  ];
  return [`${by}${kind} ${shown(message)}${to.size === 0 ? '' : ` → ${[...to].join(', ')}`}`, ...details.flat()].join(
    ', ',
  );
}
