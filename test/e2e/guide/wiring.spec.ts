import { readFileSync } from 'node:fs';
import { Module } from '@nestjs/common';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  ObservedLinks,
  previewWiring,
  Wiring,
} from '../../../lib/index.js';
import { start } from '../../support/application.js';
import { schemaErrors } from '../../support/wiring-schema.js';

class Ship extends Command {}

@CommandHandler(Ship)
class ShipHandler {
  async execute() {}
}

@Module({ imports: [CqrsModule.forRoot()], providers: [ShipHandler] })
class AppModule {}

describe('The page on the wiring', () => {
  it('gives it as data, and explains a message', async () => {
    const { app } = await start({ imports: [AppModule] });
    // #region document
    const wiring = app.get(Wiring);
    const document = wiring.document();
    const why = wiring.explain(Ship); // or its name: 'Ship'
    const map = wiring.toMermaid();
    const part = wiring.toMermaid({ module: 'AppModule' });
    const near = wiring.toMermaid({ message: 'Ship', depth: 2 });
    // #endregion
    expect(schemaErrors(document)).toEqual([]);
    expect(why).toContain('handled by   ShipHandler (AppModule), class, singleton');
    expect(new Set([map, part, near])).toEqual(
      new Set(['flowchart LR\n  n0["Ship"] --> n1["ShipHandler (AppModule)"]']),
    );
  });

  it('shows who sent what', async () => {
    const { app } = await start({ imports: [AppModule] });
    const wiring = app.get(Wiring);
    // #region observed
    const links = new ObservedLinks(app);
    await app.get(CommandBus).execute(new Ship());

    const why = wiring.explain(Ship, { observed: links });
    const document = wiring.document({ observed: links });
    links.dispose(); // or declare it by `using links = …`
    // #endregion
    expect(why).toContain('sent by      outside, once');
    expect(document.observed?.links).toEqual([{ from: 'outside', to: 'command:Ship', count: 1 }]);
  });

  it('can be tested without starting the application', async () => {
    const committed = readFileSync(new URL('wiring.json', import.meta.url), 'utf8');
    // #region preview
    const wiring = await previewWiring(AppModule);
    const document = wiring.document({ sources: false });

    expect(document.problems).toEqual([]);
    expect(document).toEqual(JSON.parse(committed));
    // #endregion
  });
});
