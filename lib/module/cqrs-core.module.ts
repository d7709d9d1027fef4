import {
  Global,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { DiscoveryModule, LazyModuleLoader } from '@nestjs/core';
import { EventPublisher } from '../aggregates/event-publisher.js';
import { CQRS_MODULE_OPTIONS } from '../buses/bus-options.js';
import { CQRS_START_GATE } from '../buses/start-gate.js';
import { CommandBus } from '../buses/command-bus.js';
import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import type { StartGate } from '../dispatch/dispatcher.js';
import { EventBus } from '../events/event-bus.js';
import { QueryBus } from '../buses/query-bus.js';
import { UnhandledExceptionBus } from '../buses/unhandled-exception-bus.js';
import { MessageCatalog } from '../envelope/message-catalog.js';
import { DeadLetters } from '../transport/durable/dead-letters.js';
import { Queues } from '../transport/durable/queues.js';
import { Schedules } from '../transport/durable/schedules.js';
import { TouchedTags } from '../caching/touched-tags.js';
import { Policies } from '../policies/policies.js';
import { UnitsOfWork } from '../units/units-of-work.js';
import { planProviders } from '../scopes/scoped-provider.js';
import { Wiring } from '../introspection/wiring.js';
import { ApplicationBuses } from './application-buses.js';
import { ApplicationCaching } from './application-caching.js';
import { ApplicationDurables } from './application-durables.js';
import { ApplicationOptions, CQRS_GIVEN_OPTIONS, optionsFromGiven } from './application-options.js';
import { ApplicationSagas } from './application-sagas.js';
import { ApplicationShutdown } from './application-shutdown.js';
import { ApplicationTransports } from './application-transports.js';
import { ApplicationWiring } from './application-wiring.js';
import { Enhancers } from './enhancers.js';
import { ProviderExplorer } from './provider-explorer.js';

const logger = new CqrsLogger('CqrsModule');

const PUBLIC = [
  CommandBus,
  QueryBus,
  EventBus,
  UnhandledExceptionBus,
  EventPublisher,
  Wiring,
  MessageCatalog,
  DeadLetters,
  Queues,
  Schedules,
  UnitsOfWork,
  Policies,
  TouchedTags,
  CQRS_MODULE_OPTIONS,
  CQRS_START_GATE,
  ApplicationShutdown,
  ApplicationWiring,
];

/** Nest initializes a global module before, and closes it after, the modules that use it. */
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [
    CommandBus,
    QueryBus,
    EventBus,
    UnhandledExceptionBus,
    EventPublisher,
    Wiring,
    ProviderExplorer,
    Enhancers,
    {
      provide: CQRS_MODULE_OPTIONS,
      inject: [{ token: CQRS_GIVEN_OPTIONS, optional: true }],
      useFactory: optionsFromGiven,
    },
    ApplicationOptions,
    {
      provide: UnitsOfWork,
      inject: [ApplicationOptions],
      useFactory: ({ complete: { unitOfWork } }: ApplicationOptions) => unitOfWork && new UnitsOfWork(unitOfWork),
    },
    {
      provide: Policies,
      inject: [ApplicationOptions, UnitsOfWork, MessageCatalog],
      useFactory: (
        { complete: { policies } }: ApplicationOptions,
        units: UnitsOfWork | undefined,
        catalog: MessageCatalog,
      ) => new Policies(units, catalog, policies.results, policies.locks),
    },
    ApplicationCaching,
    {
      provide: TouchedTags,
      inject: [ApplicationCaching],
      useFactory: ({ touched }: ApplicationCaching) => touched,
    },
    ApplicationBuses,
    ApplicationSagas,
    ApplicationTransports,
    ApplicationDurables,
    ApplicationWiring,
    ApplicationShutdown,
    ...planProviders({
      options: ApplicationOptions,
      areOn: ({ complete }) => complete.instancePlans,
      warn: text => logger.warn(text),
    }),
    {
      provide: MessageCatalog,
      inject: [ApplicationOptions],
      useFactory: ({ complete }: ApplicationOptions) => new MessageCatalog([], complete.envelopes),
    },
    {
      provide: DeadLetters,
      inject: [ApplicationDurables, MessageCatalog],
      useFactory: (durables: ApplicationDurables, catalog: MessageCatalog) => new DeadLetters(durables, catalog),
    },
    {
      provide: Queues,
      inject: [ApplicationDurables],
      useFactory: (durables: ApplicationDurables) => new Queues(durables),
    },
    {
      provide: Schedules,
      inject: [ApplicationDurables],
      useFactory: ({ schedules }: ApplicationDurables) => schedules,
    },
    {
      provide: CQRS_START_GATE,
      inject: [ApplicationWiring],
      useFactory:
        (wiring: ApplicationWiring): StartGate =>
        () =>
          wiring.wireIfPossible(),
    },
  ],
  exports: PUBLIC,
})
export class CqrsCoreModule implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(ApplicationWiring) private readonly wiring: ApplicationWiring,
    @Inject(ApplicationShutdown) private readonly shutdown: ApplicationShutdown,
    @Inject(LazyModuleLoader) loader: LazyModuleLoader,
  ) {
    extendWithLazyModules(loader, wiring);
  }

  async onModuleInit(): Promise<void> {
    await this.wiring.wire();
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.wiring.wire();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.shutdown.close();
  }
}

/** Nest calls no hooks of lazily loaded modules: `load()` connects their handlers. */
function extendWithLazyModules(loader: LazyModuleLoader, wiring: ApplicationWiring): void {
  const load = loader.load.bind(loader);
  loader.load = async (...args: Parameters<LazyModuleLoader['load']>) => {
    const moduleRef = await load(...args);
    await wiring.extend(moduleRef);
    return moduleRef;
  };
}
