import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Module, Req, Res } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { CqrsOpenTelemetryModule } from 'nestjs-cqrs/opentelemetry';

// #region exporter
// Set before the application starts. It has no server of its own: the application serves what it collects.
const exporter = new PrometheusExporter({ preventServerStart: true });
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [exporter] }));

@Controller('metrics')
class MetricsController {
  @Get()
  scrape(@Req() request: IncomingMessage, @Res() response: ServerResponse): void {
    exporter.getMetricsRequestHandler(request, response);
  }
}

@Module({
  imports: [CqrsOpenTelemetryModule.forRoot({ spans: false })],
  controllers: [MetricsController],
})
export class PrometheusModule {}
// #endregion exporter
