import { ModuleRef } from '@nestjs/core';
import {
  Global,
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type Provider,
} from '@nestjs/common';
import { textOf } from '../dispatch/failures.js';
import { CqrsException } from '../errors/cqrs.exception.js';
import { nameOf } from '../messages/inspect-message.js';
import type { IEvent } from '../messages/message.js';
import { ApplicationShutdown } from './application-shutdown.js';
import { CQRS_GIVEN_OPTIONS, CQRS_ROOT_CALL, type RootCall } from './application-options.js';
import { ApplicationWiring } from './application-wiring.js';
import { CQRS_PREVIEW, type Preview } from './preview-mode.js';
import { CqrsCoreModule } from './cqrs-core.module.js';
import { asyncOptionProblems, sayNothing } from './module-options.js';
import type { CqrsModuleAsyncOptions, CqrsModuleOptions, CqrsModuleOptionsFactory } from './cqrs.options.js';

/** Holds the options of a root call. */
@Global()
@Module({})
export class CqrsOptionsModule {}

/**
 * Commands, queries and events. Import `forRoot()` in the root module, elsewhere plain `CqrsModule` or nothing: an
 * application has one, global set of buses.
 * @typeParam EventBase unused; @nestjs/cqrs has it
 */
@Module({ imports: [CqrsCoreModule], exports: [CqrsCoreModule] })
export class CqrsModule<EventBase extends IEvent = IEvent>
  implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown
{
  declare private readonly events: EventBase;

  constructor(
    @Inject(ApplicationShutdown) private readonly shutdown: ApplicationShutdown,
    @Inject(ApplicationWiring) private readonly wiring: ApplicationWiring,
  ) {
    shutdown.drainFirst(CqrsModule);
  }

  /** Configures the application. */
  static forRoot(options: CqrsModuleOptions = {}): DynamicModule {
    // Must not hide the options of another call.
    if (sayNothing(options)) return { module: CqrsModule };
    return withOptions('forRoot', [{ provide: CQRS_GIVEN_OPTIONS, useValue: options }]);
  }

  /**
   * Configures the application with options of other providers.
   * @throws CqrsException `CQRS_INVALID_OPTIONS` unless given one `use…`, and for unknown options
   */
  static forRootAsync(options: CqrsModuleAsyncOptions): DynamicModule {
    return withOptions(
      'forRootAsync',
      [...asyncProviders(options), ...(options.extraProviders ?? [])],
      options.imports,
    );
  }

  /**
   * Connects the handlers; tests written for @nestjs/cqrs call it without `app.init()`. Nest calls it last: startup has
   * succeeded.
   */
  async onApplicationBootstrap(): Promise<void> {
    await this.wiring.wire();
    await this.wiring.started(CqrsModule);
  }

  /** Before other modules: running work needs databases and brokers. */
  async onModuleDestroy(): Promise<void> {
    await this.shutdown.drain('destroy');
  }

  async onApplicationShutdown(): Promise<void> {
    await this.shutdown.drain('shutdown');
  }
}

function withOptions(
  method: RootCall['method'],
  own: Provider[],
  imports: DynamicModule['imports'] = [],
): DynamicModule {
  const call = { provide: CQRS_ROOT_CALL, useValue: { method } satisfies RootCall };
  const providers = [...own, call];
  return {
    module: CqrsModule,
    providers: [call],
    imports: [{ module: CqrsOptionsModule, global: true, imports, providers, exports: [CQRS_GIVEN_OPTIONS] }],
  };
}

function asyncProviders(options: CqrsModuleAsyncOptions): Provider[] {
  const [problem] = asyncOptionProblems(options);
  if (problem) throw new CqrsException(problem);
  const { useValue, useFactory, useClass, useExisting, inject = [] } = options;
  const makers = [useValue, useFactory, useClass, useExisting].filter(maker => maker !== undefined);
  if (makers.length > 1)
    throw new CqrsException({
      code: 'CQRS_INVALID_OPTIONS',
      what: 'CqrsModule.forRootAsync() was given several of useFactory, useClass, useExisting and useValue.',
      remedy: 'Give it one of them.',
    });
  if (useValue) return [{ provide: CQRS_GIVEN_OPTIONS, useValue }];
  if (useFactory) return [optionsBy(useFactory, inject)];
  const factory = useClass ?? useExisting;
  if (!factory)
    throw new CqrsException({
      code: 'CQRS_INVALID_OPTIONS',
      what: 'CqrsModule.forRootAsync() was not told what makes the options.',
      remedy: 'Give it useFactory, useClass, useExisting or useValue.',
    });
  return [
    ...(useClass ? [useClass] : []),
    optionsBy((maker: CqrsModuleOptionsFactory) => optionsOf(maker, factory), [factory]),
  ];
}

/** In a preview nothing that a factory injects is constructed, so it may fail. */
const optionsBy = (
  make: (...injected: never[]) => unknown,
  inject: NonNullable<CqrsModuleAsyncOptions['inject']>,
): Provider => ({
  provide: CQRS_GIVEN_OPTIONS,
  inject: [ModuleRef, ...inject],
  useFactory: async (moduleRef: ModuleRef, ...injected: never[]): Promise<unknown> => {
    const preview = previewIn(moduleRef);
    if (preview === undefined) return make(...injected);
    try {
      return await make(...injected);
    } catch (error) {
      preview.unseen('CqrsModule.forRootAsync()', `its options are made from providers: ${textOf(error)}`);
      return undefined;
    }
  },
});

function previewIn(moduleRef: ModuleRef): Preview | undefined {
  try {
    return moduleRef.get<unknown, Preview>(CQRS_PREVIEW, { strict: false });
  } catch {
    return undefined;
  }
}

function optionsOf(maker: Partial<CqrsModuleOptionsFactory> | undefined, type: unknown) {
  if (typeof maker?.createCqrsOptions === 'function') return maker.createCqrsOptions();
  throw new CqrsException({
    code: 'CQRS_INVALID_OPTIONS',
    what: `${nameOf(type)} has no method createCqrsOptions().`,
    where: 'CqrsModule.forRootAsync()',
    remedy: 'Add createCqrsOptions(), which returns the options.',
  });
}
