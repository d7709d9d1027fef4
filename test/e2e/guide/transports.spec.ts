import { CqrsModule, expose, route } from 'nestjs-cqrs';
import { remoteConformance, serveConformance, type RemoteConformanceAdapter } from 'nestjs-cqrs/testing';
import { start } from '../../support/application.js';
import { freePort } from '../../support/broker-process.js';
import { Billing, Charge } from './remote/billing.js';
import { HttpServer, HttpTransport } from './transports/http.js';

describe('the transport of docs/transports.md', () => {
  it('carries a command', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    // #region use
    const exposed = expose(Charge).on(new HttpServer('billing', port));
    const routed = route('billing.*').to(new HttpTransport('billing', url));
    // #endregion
    const service = await start({ imports: [CqrsModule.forRoot({ expose: [exposed] })], providers: [Billing] });
    const shop = await start({ imports: [CqrsModule.forRoot({ routes: [routed] })] });
    expect(await shop.commands.execute(new Charge('ada', 1200n))).toMatchObject({ paymentId: 'ada-1200' });
    await shop.app.close();
    await service.app.close();
  });
});

describe('it conforms', () => {
  let port = 0;
  beforeAll(async () => (port = await freePort()));

  // #region adapter
  const adapter: RemoteConformanceAdapter = {
    name: 'http',
    features: { sharesLoad: true, manyReplies: true, addressable: true, tellsNobodyListens: true },
    severalServers: false,
    transport: () => new HttpTransport('conformance', `http://127.0.0.1:${port}/`),
    startServer: note => serveConformance(new HttpServer('conformance', port), note),
  };
  // #endregion
  // #region conformance
  const suite = remoteConformance(adapter);
  afterAll(() => suite.close());
  for (const { name, skipped, run } of suite.cases) (skipped === undefined ? it : it.skip)(name, run, 60_000);
  // #endregion
});
