import { metrics, trace, type MeterProvider, type TracerProvider } from '@opentelemetry/api';
import { onWired, type Disposer, type Wired } from '../../extension.js';
import { MAJOR } from './conventions.js';
import { readOptions, type CqrsTelemetryOptions } from './options.js';
import { TelemetryProbe } from './telemetry-probe.js';

/** Options of `new CqrsInstrumentation()`. */
export interface CqrsInstrumentationOptions extends CqrsTelemetryOptions {
  /** `false`: begins with `enable()`. Default: true. */
  readonly enabled?: boolean;
}

/**
 * Traces and measures each application of this process that starts later, for the `instrumentations` of the OpenTelemetry
 * SDK. It has the methods of its interface `Instrumentation`, and patches nothing.
 * @throws CqrsException (code CQRS_INVALID_OPTIONS)
 */
export class CqrsInstrumentation {
  readonly instrumentationName = 'nestjs-cqrs/opentelemetry';
  readonly instrumentationVersion = MAJOR;
  private readonly applications = new Map<WeakRef<Wired>, Disposer | undefined>();
  private config: CqrsInstrumentationOptions;
  private tracers: TracerProvider | undefined;
  private meters: MeterProvider | undefined;
  private isEnabled: boolean;

  constructor(options: CqrsInstrumentationOptions = {}) {
    this.config = checked(options);
    this.isEnabled = options.enabled !== false;
    onWired(application => {
      this.applications.set(new WeakRef(application), undefined);
      this.watchAll();
    });
  }

  /** Watches the applications of this process, those too that are there. */
  enable(): void {
    this.isEnabled = true;
    this.watchAll();
  }

  /** Leaves the applications as they are; what has begun ends with its span. */
  disable(): void {
    this.isEnabled = false;
    this.watchAll();
  }

  /** Default: the one that is set for the process. */
  setTracerProvider(tracers: TracerProvider): void {
    this.tracers = tracers;
    this.watchAll();
  }

  /** Default: the one that is set for the process. */
  setMeterProvider(meters: MeterProvider): void {
    this.meters = meters;
    this.watchAll();
  }

  /**
   * Takes the place of all options but `enabled`.
   * @throws CqrsException (code CQRS_INVALID_OPTIONS)
   */
  setConfig(config: CqrsInstrumentationOptions): void {
    this.config = checked(config);
    this.watchAll();
  }

  /** `enabled` is always there: what registers instrumentations looks at it. */
  getConfig(): CqrsInstrumentationOptions & { readonly enabled: boolean } {
    return { ...this.config, enabled: this.config.enabled !== false };
  }

  /** With the present settings; those before are taken away. */
  private watchAll(): void {
    for (const [reference, stop] of this.applications) {
      stop?.();
      const application = reference.deref();
      if (application === undefined) this.applications.delete(reference);
      else this.applications.set(reference, this.isEnabled ? application.observe(this.probe()) : undefined);
    }
  }

  private probe(): TelemetryProbe {
    const { tracers = trace.getTracerProvider(), meters = metrics.getMeterProvider() } = this;
    return new TelemetryProbe(readOptions(this.config, 'CqrsInstrumentation', ['enabled']), { tracers, meters });
  }
}

function checked(options: CqrsInstrumentationOptions): CqrsInstrumentationOptions {
  readOptions(options, 'CqrsInstrumentation', ['enabled']);
  return { ...options };
}
