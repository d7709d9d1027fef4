import { Inject, Injectable } from '@nestjs/common';
import { ModulesContainer, type ContextId, type NestContainer } from '@nestjs/core';
import { ExternalExceptionFilterContext } from '@nestjs/core/exceptions/external-exception-filter-context.js';
import { GuardsConsumer, GuardsContextCreator } from '@nestjs/core/guards/index.js';
import { ExternalContextCreator } from '@nestjs/core/helpers/external-context-creator.js';
import { InterceptorsConsumer, InterceptorsContextCreator } from '@nestjs/core/interceptors/index.js';
import { PipesConsumer, PipesContextCreator } from '@nestjs/core/pipes/index.js';
import { isObservable } from 'rxjs';
import { valuesOf } from '../buses/row-stream.js';
import type { MessageContext } from '../context/message-context.js';
import type { AsyncContext } from '../handlers/async-context.js';
import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import { isSingleton, scopedProviderOf } from '../handlers/provider-handlers.js';
import { resolveScoped } from '../handlers/scoped-invoker.js';
import { copyMetadata, hasForeign, writeForeign } from '../messages/metadata.js';
import { declaresParameter } from '../pipeline/declares-parameter.js';
import type { ReadyMiddleware } from '../pipeline/middleware.js';
import type { FoundHandler } from './provider-explorer.js';

type Method = (message: object, context?: MessageContext) => unknown;
type Host = Record<string | symbol, Method>;

const PIPES = '__pipes__';
const ENHANCERS = ['__guards__', '__interceptors__', '__exceptionFilters__', PIPES];
const MESSAGE_PARAMETER = 'cqrs:message-parameter';

/** Whether one of Nest's own enhancers is on the class or the method of a handler. */
export const isEnhanced = ({ type, declaration: { method } }: FoundHandler): boolean =>
  ENHANCERS.some(key => hasForeign(key, type) || hasForeign(key, methodOf(type.prototype as Host, method)));

const methodOf = (host: Host, method: string | symbol): object => host[method] ?? {};

/**
 * Runs handlers within Nest's guards, interceptors, pipes and filters, in execution contexts of type `cqrs` whose
 * arguments are the message and its context. Enhancers that are global to an application are for its requests
 * and do not run here.
 */
@Injectable()
export class Enhancers {
  private readonly creator: ExternalContextCreator;

  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    // Nest's creators ask a container for its modules alone; given no configuration they know no global enhancers.
    const container = { getModules: () => modules } as unknown as NestContainer;
    this.creator = new ExternalContextCreator(
      new GuardsContextCreator(container),
      new GuardsConsumer(),
      new InterceptorsContextCreator(container),
      new InterceptorsConsumer(),
      modules,
      new PipesContextCreator(container),
      new PipesConsumer(),
      new ExternalExceptionFilterContext(container),
    );
  }

  /** Calls a handler within its enhancers. */
  invoker(handler: FoundHandler, middleware: readonly ReadyMiddleware[]): HandlerInvoker {
    const { wrapper, identity } = handler;
    if (!isSingleton(wrapper)) {
      const provider = scopedProviderOf(wrapper);
      const invoke = async (message: object, context?: MessageContext) => {
        const instance = await resolveScoped(provider, context!);
        const { id } = context!.scope as AsyncContext;
        return this.enhance(handler, instance, context, id)(message, context);
      };
      return { identity, middleware, usesContext: true, invoke };
    }
    const instance = wrapper.instance as object;
    if (!this.hasPipes(handler))
      return { identity, middleware, usesContext: true, invoke: this.enhance(handler, instance) };
    // Pipes see the message alone, so what they hand on has to be joined with the context of each dispatch.
    const invoke: Method = (message, context) => this.enhance(handler, instance, context)(message, context);
    return { identity, middleware, usesContext: true, invoke };
  }

  private enhance(
    { type, declaration: { method } }: FoundHandler,
    instance: object,
    context?: MessageContext,
    id?: ContextId,
  ): Method {
    const original = (instance as Host)[method]!;
    const passesContext = declaresParameter(original, 2);
    const callback = (message: object, given?: MessageContext) => {
      const known = given ?? context;
      const host = instance as Host;
      const result = passesContext ? host[method]!(message, known) : host[method]!(message);
      // Nest would wait for the last value of an observable: rows of a stream query must all come through.
      return isObservable(result) ? valuesOf(result) : result;
    };
    Object.defineProperty(callback, 'name', { value: original.name });
    copyMetadata(original, callback);
    const params =
      hasForeign(PIPES, type) || hasForeign(PIPES, original) ? this.messageParameter(instance, method) : undefined;
    return this.creator.create(
      instance as never,
      callback as never,
      String(method),
      params && MESSAGE_PARAMETER,
      params,
      id,
      undefined,
      undefined,
      'cqrs',
    ) as Method;
  }

  private hasPipes({ type, declaration: { method } }: FoundHandler): boolean {
    return hasForeign(PIPES, type) || hasForeign(PIPES, methodOf(type.prototype as Host, method));
  }

  /** Tells Nest that the first parameter is one that pipes see. */
  private messageParameter(instance: object, method: string | symbol) {
    writeForeign(MESSAGE_PARAMETER, { '0:0': { index: 0, data: undefined, pipes: [] } }, instance.constructor, method);
    return { exchangeKeyForValue: (_type: number, _data: unknown, args: unknown[]) => args[0] };
  }
}
