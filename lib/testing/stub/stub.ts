import type { INestApplicationContext } from '@nestjs/common';
import type { FunctionResult } from '../../index.js';
import type { MessageType, ProbePoint } from '../../extension.js';
import { failedAssertion } from '../flow/failed-assertion.js';
import { Kit } from '../flow/kit.js';
import { refuseUnasked } from '../scenario/unasked.js';
import { refuseUnanswerable } from './refused.js';
import type { Answering, Stubs } from './stubs.js';

/** The message that a handler is given. */
type MessageOf<H> = H extends { handle(message: infer M, ...rest: never[]): unknown }
  ? M
  : H extends { execute(message: infer M, ...rest: never[]): unknown }
    ? M
    : H;

/** What is given to a stub: messages of a class, or those of a handler. */
export type StubbedMessage<T> = MessageOf<T> & object;

/** Answers in place of a handler; middleware, context and events stay as they are. */
export interface Stub<T extends object> extends Disposable {
  /** Answers with a value, or with what a function makes of the message. A stream query is answered with its rows. */
  with(answer: FunctionResult<T> | ((message: T) => FunctionResult<T> | PromiseLike<FunctionResult<T>>)): this;
  /** Fails. */
  failing(error: unknown): this;
  /** Answers with one value after another; an `Error` fails. After the last, it fails. */
  inTurn(...answers: readonly (FunctionResult<T> | Error)[]): this;
  /** Does nothing. */
  silent(): this;
  /** The messages that it was given, also before it had an answer. */
  readonly calls: readonly T[];
  /** Lets the handler be called again. `using` does it at the end of the block. */
  restore(): void;
}

/**
 * Takes the place of a handler, until it is restored. While it has no answer, the handler is called. A command or query
 * class without a handler gets one with the first answer.
 * @param stubbed the class of a message (its subclasses too), the class of a handler, or a class and a method
 * @throws CqrsException (CQRS_NOT_OBSERVABLE); TypeError for what is neither a message nor a handler of the application;
 *   AssertionError if an earlier scenario was not asked for its outcome
 */
export function stub<T extends object>(app: INestApplicationContext, stubbed: MessageType<T>): Stub<StubbedMessage<T>>;
export function stub<H extends object, K extends keyof H>(
  app: INestApplicationContext,
  stubbed: readonly [MessageType<H>, K],
): Stub<(H[K] extends (message: infer M, ...rest: never[]) => unknown ? M : never) & object>;
export function stub(
  app: INestApplicationContext,
  stubbed: MessageType | readonly [MessageType, PropertyKey],
): Stub<object> {
  refuseUnasked();
  return stubOf(app, stubbed as MessageType);
}

/** As `stub()`, within the kit. */
export function stubOf<T extends object>(
  app: INestApplicationContext,
  stubbed: MessageType<T> | readonly [MessageType, PropertyKey],
): Stub<StubbedMessage<T>> {
  const [type, method] = Array.isArray(stubbed)
    ? (stubbed as readonly [MessageType, PropertyKey])
    : [stubbed as MessageType];
  const { stubs } = Kit.of(app);
  refuseUnanswerable(app, type, method);
  return new OneStub(stubs, type, method) as unknown as Stub<StubbedMessage<T>>;
}

/** Restores all stubs of an application, as after each test. */
export const restoreStubs = (app: INestApplicationContext): void => Kit.find(app)?.stubs.restore();

class OneStub implements Stub<object>, Answering {
  readonly calls: object[] = [];
  private take: ((message: object) => unknown) | undefined;
  private unregister: (() => void) | undefined;

  constructor(
    private readonly stubs: Stubs,
    private readonly type: MessageType,
    private readonly method: PropertyKey | undefined,
  ) {
    stubs.add(this);
  }

  with(answer: unknown): this {
    return this.answering(typeof answer === 'function' ? (answer as (message: object) => unknown) : () => answer);
  }

  failing(error: unknown): this {
    return this.answering(async () => {
      throw error;
    });
  }

  inTurn(...answers: readonly unknown[]): this {
    const left = [...answers];
    return this.answering(() => {
      if (left.length === 0) throw exhausted(this.type, answers.length);
      const next = left.shift();
      if (next instanceof Error) throw next;
      return next;
    });
  }

  silent(): this {
    return this.answering(() => undefined);
  }

  get hasAnswer(): boolean {
    return this.take !== undefined;
  }

  restore(): void {
    this.stubs.remove(this);
    this.unregister?.();
    this.unregister = undefined;
  }

  [Symbol.dispose](): void {
    this.restore();
  }

  serves({ type, target }: ProbePoint): boolean {
    if (this.method !== undefined) return target?.type === this.type && target.method === this.method;
    return target?.type === this.type || type === this.type || type.prototype instanceof (this.type as never);
  }

  answer(message: object, run: () => unknown): unknown {
    this.calls.push(message);
    if (this.take === undefined) return run();
    try {
      return this.take(message);
    } catch (error) {
      // What a probe throws would be taken for a fault of the probe.
      return Promise.reject(error as Error);
    }
  }

  private answering(take: (message: object) => unknown): this {
    this.take = take;
    if (this.method === undefined) this.unregister ??= this.stubs.register(this.type);
    return this;
  }
}

const exhausted = ({ name }: MessageType, count: number): Error =>
  failedAssertion([`The stub of ${name} was called more often than it has answers: ${count}.`]);
