import { Inject, Injectable, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { metrics, trace } from '@opentelemetry/api';
import { observe } from '../../extension.js';
import { readOptions, type CqrsTelemetryOptions } from './options.js';
import { TelemetryProbe } from './telemetry-probe.js';

const OPTIONS = Symbol('CqrsOpenTelemetryModule options');

/** A class, and not made by a factory: a preview of the wiring sees what it is. */
@Injectable()
class Telemetry implements OnModuleInit {
  constructor(
    @Inject(ModuleRef) private readonly application: ModuleRef,
    @Inject(OPTIONS) private readonly options: CqrsTelemetryOptions,
  ) {}

  onModuleInit(): void {
    const settings = readOptions(this.options, WHERE);
    const providers = { tracers: trace.getTracerProvider(), meters: metrics.getMeterProvider() };
    observe(this.application, new TelemetryProbe(settings, providers));
  }
}

const WHERE = 'CqrsOpenTelemetryModule.forRoot()';

/** Traces and measures an application with OpenTelemetry. */
@Module({})
export class CqrsOpenTelemetryModule {
  /**
   * Takes the providers that are set when the application starts: set up the SDK before.
   * @throws CqrsException (code CQRS_INVALID_OPTIONS)
   */
  static forRoot(options: CqrsTelemetryOptions = {}): DynamicModule {
    readOptions(options, WHERE);
    return { module: CqrsOpenTelemetryModule, providers: [Telemetry, { provide: OPTIONS, useValue: options }] };
  }
}
