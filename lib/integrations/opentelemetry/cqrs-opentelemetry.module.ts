import { Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { metrics, trace } from '@opentelemetry/api';
import { observe } from '../../extension.js';
import { readOptions, type CqrsTelemetryOptions } from './options.js';
import { TelemetryProbe } from './telemetry-probe.js';

class Telemetry implements OnModuleInit {
  constructor(
    private readonly application: ModuleRef,
    private readonly options: CqrsTelemetryOptions,
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
    const telemetry = {
      provide: Telemetry,
      useFactory: (application: ModuleRef) => new Telemetry(application, options),
      inject: [ModuleRef],
    };
    return { module: CqrsOpenTelemetryModule, providers: [telemetry] };
  }
}
