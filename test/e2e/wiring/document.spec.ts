import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { CommandHandler, CqrsModule, Wiring } from '../../../lib/index.js';
import { start } from '../../support/application.js';
import { schemaErrors } from '../../support/wiring-schema.js';
import { wiringOfShop } from './shop.js';

const golden = join(import.meta.dirname, 'document.json');

describe('The document of a wiring', () => {
  it('has all that is known, sorted, and fits the schema of the package', async () => {
    const document = (await wiringOfShop()).document({ sources: false });
    expect(schemaErrors(document)).toEqual([]);
    expect(document).toEqual(JSON.parse(readFileSync(golden, 'utf8')));
  });

  it('has file and line of every class', async () => {
    const document = (await wiringOfShop()).document();
    expect(schemaErrors(document)).toEqual([]);
    const { messages, handlers, modules, sagas } = document;
    const sources = [...messages, ...handlers, ...modules, ...sagas].map(({ source }) => source?.file);
    expect(new Set(sources)).toEqual(new Set(['test/e2e/wiring/shop.ts']));
  });

  it('names the module where two classes have one name, and numbers two modules of one name', async () => {
    const providers = [1, 2].map(() => {
      const { PlaceOrder: Twin } = { PlaceOrder: class PlaceOrder {} };
      @CommandHandler(Twin)
      class TwinHandler {
        execute() {}
      }
      return TwinHandler;
    });
    const modules = providers.map(provider => {
      @Module({ providers: [provider] })
      class TwinModule {}
      return TwinModule;
    });
    const { app } = await start({ imports: [CqrsModule.forRoot({ duplicates: 'warn' }), ...modules] });
    const { messages, handlers } = app.get(Wiring).document({ sources: false });
    expect([...messages, ...handlers].map(({ id }) => id)).toEqual([
      'command:PlaceOrder@TwinModule',
      'command:PlaceOrder@TwinModule#2',
      'TwinModule#2/TwinHandler',
      'TwinModule/TwinHandler',
    ]);
  });
});
