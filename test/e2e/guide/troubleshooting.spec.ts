import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable, Scope } from '@nestjs/common';
import ts from 'typescript';
import { AsyncContext, CommandHandler, CqrsModule, Command, Event, EventsHandler } from '../../../lib/index.js';
import { scenario, track } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';
import { imports } from './troubleshooting/imports.js';
import { messages } from './troubleshooting/messages.js';
import { runJest, runners } from './troubleshooting/runners.js';
import type { Symptoms } from './troubleshooting/symptoms.js';

const root = join(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const programs: Symptoms = { ...imports, ...messages, ...runners };

/** The entries of the page: a heading, and the texts that it quotes. */
const entries = read('docs/troubleshooting.md')
  .split(/^### /m)
  .slice(1)
  .map(entry => ({
    heading: entry.split('\n', 1)[0]!,
    texts: [...entry.matchAll(/^```text\n([^]*?)\n```$/gm)].map(([, text]) => text!),
    entry,
  }));

/** The texts that the specs of test/e2e/mistakes compare with what is printed. */
const asserted = new Set(
  readdirSync(join(root, 'test/e2e/mistakes'))
    .filter(file => file.endsWith('.spec.ts'))
    .flatMap(file => expectedIn(read(`test/e2e/mistakes/${file}`))),
);

function expectedIn(source: string): string[] {
  const texts: string[] = [];
  const visit = (node: ts.Node, expected: boolean) => {
    if (expected && ts.isStringLiteral(node)) texts.push(node.text);
    const called = ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression);
    const compares = called && /^(toBe|toEqual)$/.test(node.expression.name.text);
    ts.forEachChild(node, child => visit(child, expected || (compares && child !== node.expression)));
  };
  visit(ts.createSourceFile('spec.ts', source, ts.ScriptTarget.ES2022), false);
  return texts;
}

/** The pieces of a heading that quotes a text, with `…` for what is left out. */
const quotedBy = (heading: string): string[] => /^`(.+)`$/.exec(heading)?.[1]!.split(' … ') ?? [];

const codesIn = (texts: readonly string[]): string[] =>
  texts.flatMap(text => [...text.matchAll(/\[(CQRS_\w+)\]$/gm)].map(([, code]) => code!));

const anchorOf = (code: string): string => code.toLowerCase().replaceAll('_', '-');

describe('docs/troubleshooting.md', () => {
  it.each(entries)(
    'quotes what is printed: $heading',
    async ({ heading, texts, entry }) => {
      const printed = [...new Set(await programs[heading]?.())];
      expect(printed.filter(text => !texts.includes(text))).toEqual([]);
      expect(texts.filter(text => !printed.includes(text) && !asserted.has(text))).toEqual([]);
      expect(quotedBy(heading).filter(piece => !texts.some(text => text.includes(piece)))).toEqual([]);
      expect(codesIn(texts).filter(code => !entry.includes(`(errors.md#${anchorOf(code)})`))).toEqual([]);
    },
    60_000,
  );

  it('has an entry for each program', () => {
    const headings = entries.map(({ heading }) => heading);
    expect(Object.keys(programs).filter(heading => !headings.includes(heading))).toEqual([]);
  });
});

describe('what the page says where nothing is printed', () => {
  class UserCreated extends Event {}

  @EventsHandler(UserCreated)
  class SendWelcomeMail {
    handle(_event: UserCreated) {}
  }

  @EventsHandler(UserCreated)
  class SendLetter extends SendWelcomeMail {}

  it.each([
    { how: 'two tokens with useClass', second: { provide: 'MAIL', useClass: SendWelcomeMail }, times: 2 },
    { how: 'two tokens with useExisting', second: { provide: 'MAIL', useExisting: SendWelcomeMail }, times: 1 },
    { how: 'a decorated subclass', second: SendLetter, times: 2 },
  ])('an event handler runs $times times: $how', async ({ second, times }) => {
    const { app } = await start({ imports: [CqrsModule.forRoot()], providers: [SendWelcomeMail, second] });
    const { published } = await track(app).publish(new UserCreated());
    expect(published.handledBy).toHaveLength(times);
  });

  it('an event handler runs twice: register()', async () => {
    const { app, events } = await start({ imports: [CqrsModule.forRoot()], providers: [SendWelcomeMail] });
    events.register(UserCreated, event => new SendWelcomeMail().handle(event));
    const { published } = await track(app).publish(new UserCreated());
    expect(published.handledBy).toHaveLength(2);
  });

  it('a handler is request-scoped through what it injects, and dispatches of one AsyncContext share it', async () => {
    class Count extends Command<number> {}
    @Injectable({ scope: Scope.REQUEST })
    class Session {}
    @CommandHandler(Count)
    class CountHandler {
      private count = 0;
      constructor(readonly session: Session) {}
      execute(_command: Count) {
        return ++this.count;
      }
    }
    const { app, commands } = await start({ imports: [CqrsModule.forRoot()], providers: [CountHandler, Session] });
    for (let i = 0; i < 2; i++) await scenario(app).when(new Count()).answers(1);
    const context = new AsyncContext();
    expect(await commands.execute(new Count(), context)).toBe(1);
    expect(await commands.execute(new Count(), context)).toBe(2);
  });

  it('Jest ends where a test closes its module, and where there is nothing but the module of this package', async () => {
    const { ended, passed } = await runJest('closes|has nothing but');
    expect({ ended, passed }).toEqual({ ended: true, passed: 2 });
  }, 60_000);
});
