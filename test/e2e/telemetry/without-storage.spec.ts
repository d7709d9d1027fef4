import { CqrsModule } from '../../../lib/index.js';
import { CqrsOpenTelemetryModule } from '../../../lib/integrations/opentelemetry/index.js';
import { start } from '../../support/application.js';
import { quietLog } from '../../support/quiet-log.js';
import { namesOfSpans, tree, useTelemetry } from '../../support/telemetry.js';
import { until } from '../../support/waiting.js';
import { PlaceOrder, shop } from './shop.js';

useTelemetry({ contexts: false });

it('without a context manager, spans hang together by the contexts of messages', async () => {
  quietLog();
  const cqrs = CqrsModule.forRoot({ propagateContext: true });
  const { commands } = await start({ imports: [cqrs, CqrsOpenTelemetryModule.forRoot()], providers: [shop] });
  await commands.execute(new PlaceOrder());
  await until(() => ['execute Remind', 'execute Count'].every(name => namesOfSpans().includes(name)));
  const executed = tree().filter(name => !name.includes('saga'));
  expect(executed.map(name => name.trim())).toEqual(expect.arrayContaining(['execute Bill', 'publish StockReserved']));
  expect(executed.filter(name => !name.startsWith(' '))).toEqual(['execute shop.place']);
});
