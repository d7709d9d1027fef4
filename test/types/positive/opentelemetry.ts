import { metrics, trace } from '@opentelemetry/api';
import type { Command } from 'nestjs-cqrs';
import { onWired, wireNameOf, type ChannelMessage, type Disposer } from 'nestjs-cqrs/extension';
import {
  CqrsInstrumentation,
  CqrsOpenTelemetryModule,
  type CqrsInstrumentationOptions,
  type CqrsTelemetryOptions,
} from 'nestjs-cqrs/opentelemetry';

const options: CqrsTelemetryOptions = {
  detail: 'middleware',
  arrivals: 'link',
  kinds: 'internal',
  attributes: (message, context) => ({ 'app.class': message.constructor.name, 'app.attempt': context.attempt }),
};
export const module = CqrsOpenTelemetryModule.forRoot(options);

const own: CqrsInstrumentationOptions = { ...options, enabled: false };

/** What the SDK calls. */
interface Instrumentation {
  instrumentationName: string;
  instrumentationVersion: string;
  enable(): void;
  disable(): void;
  setTracerProvider(provider: ReturnType<typeof trace.getTracerProvider>): void;
  setMeterProvider(provider: ReturnType<typeof metrics.getMeterProvider>): void;
  setConfig(config: { enabled?: boolean }): void;
  getConfig(): { enabled?: boolean };
}
export const instrumentation: Instrumentation = new CqrsInstrumentation(own);

export const end: Disposer = onWired(application => void application.observe({ publish: () => undefined }));

export const labels = ({ kind, name, handler, place }: ChannelMessage): (string | undefined)[] => [
  kind,
  name,
  handler,
  place,
];

export const named = (type: new () => Command): string => wireNameOf(type);
