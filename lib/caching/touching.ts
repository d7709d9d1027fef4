import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import { callSafely, stackOf, textOf } from '../dispatch/failures.js';
import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import { messageName, typeOfPrototype } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import type { MiddlewareFunction } from '../pipeline/middleware.js';
import { runningAt } from '../pipeline/place.js';
import type { UnitOfWork } from '../units/unit-of-work.js';
import type { UnitsOfWork } from '../units/units-of-work.js';
import type { TouchedTags } from './touched-tags.js';
import { touchedBy, touching, type TagsOf } from './touches.decorator.js';

const logger = new CqrsLogger('Cqrs');

/** Touches tags of messages when these have had their effect. */
export class Touching {
  constructor(
    private readonly touched: TouchedTags,
    private readonly units: UnitsOfWork | undefined,
  ) {}

  /**
   * Touches when the handler has succeeded, in a unit of work after the commit.
   * @param tagsOf what a type of messages touches
   */
  afterSuccess(tagsOf: (type: MessageType) => readonly TagsOf[]): MiddlewareFunction {
    const touches: MiddlewareFunction = async (message, next) => {
      const result: unknown = await next(message);
      await this.touchAfterCommit(message, tagsOf(typeOfPrototype(Object.getPrototypeOf(message) as object)));
      return result as {};
    };
    Object.defineProperty(touches, 'name', { value: '@Touches' });
    touches.wraps = type => tagsOf(type).length > 0;
    return runningAt(touches, 'handle');
  }

  /** What gets an event beside its handlers; undefined where its class touches nothing. The event bus waits for the commit. */
  readonly ofEvent = (type: MessageType): HandlerInvoker | undefined => {
    const tags = touching.ofClass(type);
    if (tags === undefined) return undefined;
    const identity = { name: '@Touches', module: undefined };
    return { identity, usesContext: false, middleware: [], invoke: event => this.touch(event, [tags]) };
  };

  private touchAfterCommit(message: object, tagsOf: readonly TagsOf[]): Promise<void> | undefined {
    const unit = this.unit();
    if (unit === undefined) return this.touch(message, tagsOf);
    unit.afterCommit(() => this.touch(message, tagsOf));
    return undefined;
  }

  /** Of the running code. Undefined too where it cannot be told: then the message touches at once. */
  private unit(): UnitOfWork | undefined {
    try {
      return this.units?.current(() => '@Touches');
    } catch {
      return undefined;
    }
  }

  /** Never rejects: the message has had its effect. */
  private async touch(message: object, tagsOf: readonly TagsOf[]): Promise<void> {
    const tags = tagsOf.flatMap(each => this.read(message, each));
    await this.touched.touch(tags);
  }

  private read(message: object, tags: TagsOf): readonly string[] {
    try {
      return touchedBy(message, tags, messageName(message));
    } catch (error) {
      callSafely(() =>
        logger.error(
          `${messageName(message)} has touched nothing, so cached answers may be out of date: ${textOf(error)}`,
          stackOf(error),
        ),
      );
      return [];
    }
  }
}
