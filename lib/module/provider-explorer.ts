import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { declarationsOf, type FoundDeclaration } from '../handlers/handler-declaration.js';
import { identityOf, implementationOf, isSingleton, type ProviderWrapper } from '../handlers/provider-handlers.js';
import type { HandlerIdentity } from '../context/message-context.js';
import { middlewarePlacement, type MiddlewarePlacement } from '../pipeline/middleware.decorator.js';
import { sagaDeclarationsOf, type SagaDeclaration } from '../sagas/saga.decorator.js';

type AnyClass = abstract new (...args: never[]) => object;

/** A provider and the class that tells what it is for. */
export interface FoundProvider {
  readonly wrapper: ProviderWrapper;
  readonly type: AnyClass;
}

/** One handler of one provider. */
export interface FoundHandler extends FoundProvider {
  readonly declaration: FoundDeclaration;
  readonly identity: HandlerIdentity;
}

/** One saga of one provider. */
export interface FoundSaga extends FoundProvider {
  readonly declaration: SagaDeclaration;
}

/** A provider that is a middleware of the whole application. */
export interface FoundMiddleware extends FoundProvider {
  readonly placement: MiddlewarePlacement;
}

/** The one place that walks Nest's container: finds what decorators marked among the providers. */
@Injectable()
export class ProviderExplorer {
  constructor(@Inject(DiscoveryService) private readonly discovery: DiscoveryService) {}

  /** Every provider of every module whose class is known, aliases left out: what they stand for is listed itself. */
  providers(): FoundProvider[] {
    const wrappers = [...this.discovery.getProviders(), ...this.discovery.getControllers()];
    return wrappers.flatMap(wrapper => {
      const type = wrapper.isAlias ? undefined : declaringClassOf(wrapper);
      return type ? [{ wrapper, type }] : [];
    });
  }
}
