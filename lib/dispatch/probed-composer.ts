import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import { lineage } from '../messages/inspect-message.js';
import { StreamQuery, type MessageKind, type MessageType } from '../messages/message.js';
import type { Composed } from '../pipeline/compose.js';
import type { ReadyMiddleware } from '../pipeline/middleware.js';
import type { ProbedSteps } from '../pipeline/probed-steps.js';
import type { RawRun } from '../pipeline/settled.js';
import { inBothForms, type PipelineForms, type Pipeline } from './pipeline.js';
import type { Probes } from './probes.js';

/** The last function of a pipeline. */
export interface PipelineEnd extends Composed {
  /** Returns and throws as the handler does. */
  readonly raw: RawRun;
}

/** What is called at the end, in place of the invoker itself. */
export type Called = Pick<HandlerInvoker, 'invoke'>;

type ProbedParts = PipelineForms &
  Pick<Pipeline, 'isDirect' | 'isWatched' | 'watched' | 'within' | 'prepare' | 'isProbed'>;

/** Composes the pipelines that probes watch: one form, with context. */
export class ProbedComposer {
  constructor(
    private readonly kind: MessageKind,
    private readonly probes: Probes,
    private readonly end: (type: MessageType, invoker: HandlerInvoker, called: Called) => PipelineEnd,
  ) {}

  /** Undefined if no probe watches any step. */
  compose(middleware: readonly ReadyMiddleware[], type: MessageType, invoker: HandlerInvoker): ProbedParts | undefined {
    const steps = this.stepsOf(type, invoker);
    const isRead = this.kind === 'query' && this.probes.sees('rows') && lineage(type).includes(StreamQuery);
    const end = this.endOf(steps, type, invoker);
    const layers = steps.compose(middleware, end);
    const enclose = (run: RawRun): PipelineForms => {
      const enclosed = steps.enclose(run);
      return inBothForms({ run: isRead ? this.beginningRows(enclosed) : enclosed, usesContext: true });
    };
    const hasLayers = middleware.length > 0;
    const prepare = invoker.prepare && steps.wrap('prepare', (_event, context) => invoker.prepare!(context));
    const forms = enclose(hasLayers || invoker.usesContext ? layers.run : end.raw);
    if (!steps.isWrapped && !isRead && !this.isLeaving(invoker)) return undefined;
    return {
      ...forms,
      isDirect: false,
      isWatched: this.kind === 'event' && hasLayers,
      watched: this.kind !== 'event' && hasLayers ? forms : undefined,
      within: outer => enclose(steps.compose(outer, layers).run),
      prepare: prepare as Pipeline['prepare'],
      isProbed: true,
    };
  }

  /** For a message that a middleware puts in place of another. Undefined if no probe watches any step. */
  substitute(middleware: readonly ReadyMiddleware[], type: MessageType, invoker: HandlerInvoker): Composed | undefined {
    const steps = this.stepsOf(type, invoker);
    const composed = steps.compose(middleware, this.endOf(steps, type, invoker), Infinity);
    return steps.isWrapped || this.isLeaving(invoker) ? composed : undefined;
  }

  private isLeaving({ place }: HandlerInvoker): boolean {
    return place !== undefined && this.probes.seesLeaving;
  }

  private stepsOf(type: MessageType, { identity, target, place }: HandlerInvoker): ProbedSteps {
    return this.probes.steps({ kind: this.kind, type, handler: identity, target, place });
  }

  private endOf(steps: ProbedSteps, type: MessageType, invoker: HandlerInvoker): PipelineEnd {
    const isLeaving = this.isLeaving(invoker);
    const invoke = steps.wrap('handler', (message, context) => {
      if (isLeaving) this.probes.leave(message, context);
      return invoker.invoke(message, context);
    });
    return this.end(type, invoker, { invoke: (message, context) => invoke(message, context!) });
  }

  private beginningRows(run: RawRun): RawRun {
    return (query, context, watch) => {
      this.probes.opened(query, context!);
      return run(query, context, watch);
    };
  }
}
