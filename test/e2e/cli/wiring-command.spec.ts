import { jest } from '@jest/globals';
import { run } from '../../../lib/cli/run.js';
import { schemaErrors } from '../../support/wiring-schema.js';
import { loadsTypeScript } from '../../support/loads-typescript.js';
import { TemporaryProject } from '../../unit/cli/temporary-project.js';

jest.setTimeout(60_000);

const MODULE = `
import { Module } from '@nestjs/common';
import { Command, CommandHandler, CqrsModule, EventsHandler, Event } from 'nestjs-cqrs';

export class Pay extends Command {}
export class Paid extends Event {}

@CommandHandler(Pay)
class PayHandler {
  constructor() {
    throw new Error('constructed');
  }
  execute() {}
}

@EventsHandler(Paid)
class Ledger {
  onModuleInit() {
    throw new Error('a hook has run');
  }
  handle() {}
}

@Module({ providers: [PayHandler] })
class PaymentModule {}

@Module({ providers: [Ledger] })
class LedgerModule {}

@Module({ imports: [CqrsModule.forRoot(), PaymentModule, LedgerModule] })
export class AppModule {}

@Module({ imports: [CqrsModule.forRoot(), PaymentModule], providers: [PayHandler] })
export class TwiceModule {}

@Module({ imports: [CqrsModule.forRoot()], providers: [{ provide: 'MAKER', useFactory: () => ({}) }] })
export class FactoryModule {}

@Module({ providers: ['nothing'] })
export class BrokenModule {}

export class NoModule {}
`;

const QUEUES = `
import { Module } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, CqrsModule, Durable, Message } from 'nestjs-cqrs';
import { MemoryTransport } from 'nestjs-cqrs/testing';

@Durable()
@Message({ name: 'mails.send' })
export class SendMail extends Command {}

@CommandHandler(SendMail)
class SendMailHandler {
  constructor(private readonly commands: CommandBus) {}
  async onApplicationBootstrap() {
    await this.commands.enqueue(new SendMail());
  }
  execute() {
    throw new Error('handled');
  }
}

@Module({
  imports: [CqrsModule.forRootAsync({ useFactory: () => ({ durable: { transport: new MemoryTransport() } }) })],
  providers: [SendMailHandler],
})
export class MailModule {}
`;

/** Places are relative to the folder of this process, which is not that of the project. */
const withoutFolder = (text: string) => text.replaceAll(/\S*nestjs-cqrs-cli-\w+\//g, '');

describe('nestjs-cqrs wiring', () => {
  const project = new TemporaryProject({
    'src/app.module.ts': MODULE,
    'empty.ts': 'export const nothing = 1;',
    'no-document.json': '{ "schema": "nestjs-cqrs/observed@1" }',
  });
  project.withPackages();
  loadsTypeScript();
  afterAll(() => project[Symbol.dispose]());

  it('shows the wiring of src/app.module.ts, constructs nothing, runs no hook', async () => {
    expect(await project.run('wiring')).toEqual({
      code: 0,
      errors: '',
      output: 'Commands\n  Pay → PayHandler (PaymentModule)\nEvents\n  Paid → Ledger (LedgerModule)',
    });
  });

  it('shows one module, or one message', async () => {
    const { output } = await project.run('wiring', '--module', 'PaymentModule');
    expect(output).toBe('Commands\n  Pay → PayHandler (PaymentModule)');
    expect((await project.run('wiring', '--message', 'Paid')).output).toBe('Events\n  Paid → Ledger (LedgerModule)');
    expect(await project.run('wiring', '--module', 'X')).toEqual({
      code: 1,
      output: '',
      errors: 'No module "X" handles messages. These do: LedgerModule, PaymentModule.',
    });
    expect(await project.run('wiring', '--message', 'X')).toEqual({
      code: 1,
      output: '',
      errors: 'The application has no message "X". Try: nestjs-cqrs explain X',
    });
  });

  it('gives a document, a diagram and a page', async () => {
    const { output } = await project.run('wiring', '--format', 'json');
    expect(schemaErrors(JSON.parse(output))).toEqual([]);
    expect((await project.run('wiring', '--format', 'mermaid')).output).toMatch(/^flowchart LR\n/);
    const { output: page } = await project.run('wiring', '--format', 'html');
    expect(page).toContain('<b>PaymentModule/PayHandler</b>');
    expect(page).not.toMatch(/https?:/);
  });

  it('gives a diagram of one module, or one message', async () => {
    const { output: ofModule } = await project.run('wiring', '--format', 'mermaid', '--module', 'PaymentModule');
    expect(ofModule).toContain('Pay');
    expect(ofModule).not.toContain('Ledger');
    const { output: ofMessage } = await project.run('wiring', '--format', 'mermaid', '--message', 'Paid');
    expect(ofMessage).toContain('Ledger');
    expect(ofMessage).not.toContain('PayHandler');
  });

  it('writes files: a document, or a diagram for each module', async () => {
    await project.run('wiring', '--format', 'json', '--out', 'wiring.json');
    expect(JSON.parse(project.read('wiring.json'))).toMatchObject({ schema: 'nestjs-cqrs/wiring@1' });
    const { output } = await project.run('wiring', '--format', 'mermaid', '--out', 'diagrams');
    expect(output.split('\n').map(line => line.slice(line.lastIndexOf('/') + 1))).toEqual([
      'index.mmd',
      'LedgerModule.mmd',
      'PaymentModule.mmd',
    ]);
    expect(project.read('diagrams/LedgerModule.mmd')).toContain('n0["Paid"] --> n1["Ledger (LedgerModule)"]');
    // A folder that is there, also one with a dot; a folder in a new one; a file.
    expect((await project.run('wiring', '--format', 'mermaid', '--out', 'diagrams')).output).toBe(output);
    project.write('docs.d/old.mmd', '');
    await project.run('wiring', '--format', 'mermaid', '--out', 'docs.d');
    await project.run('wiring', '--format', 'mermaid', '--out', 'new/diagrams');
    await project.run('wiring', '--format', 'mermaid', '--out', 'all.mmd');
    const index = project.read('diagrams/index.mmd');
    for (const file of ['docs.d/index.mmd', 'new/diagrams/index.mmd', 'all.mmd'])
      expect(project.read(file)).toBe(index);
  });

  it('writes files without colours, also from a terminal that shows them', async () => {
    const terminal = { folder: project.folder, isColoured: true, print: () => undefined, complain: () => undefined };
    expect(await run(['wiring', '--module', 'PaymentModule', '--out', 'wiring.text'], terminal)).toBe(0);
    expect(project.read('wiring.text')).toBe('Commands\n  Pay → PayHandler (PaymentModule)\n');
  });

  it('says in one line that a file cannot be written', async () => {
    expect(await project.run('wiring', '--format', 'json', '--out', 'missing/wiring.json')).toEqual({
      code: 1,
      output: '',
      errors: expect.stringMatching(/^Cannot write to missing\/wiring\.json: ENOENT.*$/),
    });
  });

  it('checks a document: exit code 1 and the difference, whatever the lines', async () => {
    const { output } = await project.run('wiring', '--format', 'json');
    project.write('checked.json', output.replaceAll(/"line": \d+/g, '"line": 7'));
    expect(await project.run('wiring', '--check', 'checked.json')).toEqual({ code: 0, output: '', errors: '' });
    project.write('checked.json', output.replaceAll('Paid', 'PaidOut').replace('"form": "class"', '"form": "method"'));
    const { code, output: difference } = await project.run('wiring', '--check', 'checked.json');
    expect(code).toBe(1);
    const { output: withMistakes } = await project.run('wiring', '--export', 'TwiceModule', '--format', 'json');
    project.write('mistakes.json', withMistakes);
    expect(await project.run('wiring', '--export', 'TwiceModule', '--check', 'mistakes.json')).toEqual({
      code: 1,
      output: '',
      errors: expect.stringContaining('The wiring has 1 problem:'),
    });
    expect(withoutFolder(difference)).toBe(
      [
        'checked.json differs from the application:',
        '  + message event:Paid   src/app.module.ts',
        '  - message event:PaidOut   src/app.module.ts',
        '  ~ handler LedgerModule/Ledger',
        '      form: method → class',
        '      handles: ["event:PaidOut"] → ["event:Paid"]',
        '  + pipeline event:Paid → LedgerModule/Ledger',
        '  - pipeline event:PaidOut → LedgerModule/Ledger',
        'Is it right? Write it: --format json --out checked.json',
      ].join('\n'),
    );
  });

  it('tells mistakes with exit code 1, and what it cannot see', async () => {
    const { code, output, errors } = await project.run('wiring', '--export', 'TwiceModule');
    expect({ code, output }).toEqual({
      code: 1,
      output: 'Commands\n  Pay → PayHandler (TwiceModule)\nNot provided\n  Ledger',
    });
    expect(errors).toContain('The wiring has 1 problem:\n  PayHandler, which handles "Pay", is provided by');
    expect(await project.run('wiring', '--export', 'FactoryModule')).toEqual({
      code: 0,
      output: 'Not provided\n  PayHandler\n  Ledger',
      errors:
        'INCOMPLETE: without instances, 1 provider could not be seen. --instantiate shows all.\n  MAKER: a factory makes it, and may make a handler, a saga or a middleware',
    });
  });

  it('shows who sent what, as a file says that tests have written', async () => {
    const observed = {
      since: '2026-01-01T00:00:00.000Z',
      links: [{ from: 'PaymentModule/PayHandler', to: 'event:Paid', count: 3 }],
    };
    project.write('observed.json', JSON.stringify({ schema: 'nestjs-cqrs/observed@1', ...observed }));
    const told = async (...args: string[]) => (await project.run(...args, '--observed', 'observed.json')).output;
    expect(await told('wiring', '--message', 'Paid')).toBe(
      [
        'Events',
        '  Paid → Ledger (LedgerModule)',
        `Sent by, since ${observed.since}`,
        '  event:Paid ← PaymentModule/PayHandler (3)',
      ].join('\n'),
    );
    expect(await told('explain', 'Pay')).toContain(
      '  sent by      never seen in observed.json, since 2026-01-01T00:00:00.000Z\n',
    );
    expect(withoutFolder(await told('explain', 'Paid'))).toMatch(
      / {2}sent by {6}PaymentModule\/PayHandler, 3 times {3}src\/app\.module\.ts:\d+\n/,
    );
    const document = JSON.parse(await told('wiring', '--format', 'json')) as object;
    expect(schemaErrors(document)).toEqual([]);
    expect(document).toMatchObject({ observed });
    expect(await told('wiring', '--format', 'mermaid')).toContain('["PayHandler (PaymentModule)"] -.->|"3"| ');
    expect(await told('wiring', '--format', 'html')).toContain('sent by PaymentModule/PayHandler (3)');
    // A document has it too.
    project.write('observed.json', JSON.stringify(document));
    expect(await told('explain', 'Paid')).toContain('PayHandler, 3 times');
  });

  it('starts the application if asked to', async () => {
    const { code, errors } = await project.run('wiring', '--instantiate');
    expect({ code, errors }).toEqual({ code: 2, errors: expect.stringContaining('constructed') });
    expect((await project.run('wiring', '--instantiate', '--export', 'FactoryModule')).errors).toBe('');
  });

  it('shows the numbers of the queues, and takes no message', async () => {
    project.write('queues.ts', QUEUES);
    const { code, output, errors } = await project.run('queues', 'queues.ts');
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(output.replace(/\d+ s  /, '0 s  ')).toBe(
      [
        'queue       ready  later  active  dead  oldest  per minute',
        'mails.send      1      0       0     0     0 s           0',
      ].join('\n'),
    );
    const { output: json } = await project.run('queues', 'queues.ts', '--format', 'json');
    expect(JSON.parse(json)).toEqual([expect.objectContaining({ queue: 'mails.send', ready: 1 })]);
    expect(await project.run('queues', '--export', 'FactoryModule')).toEqual({
      code: 1,
      output: '',
      errors: expect.stringContaining('[CQRS_NOT_DURABLE]'),
    });
  });

  it.each([
    [['wiring', 'nowhere.ts'], 'nowhere.ts does not exist.'],
    [['wiring', 'src'], 'is a folder'],
    [['wiring', 'empty.ts'], 'exports no class with @Module. Name the export: --export ShopModule.'],
    [['wiring', '--export', 'NoModule'], 'has no export "NoModule" with @Module. It exports AppModule, '],
    [['wiring', '--export', 'BrokenModule'], 'Nest cannot load the application.'],
    [['wiring', '--format', 'yaml'], '--format takes text, json, mermaid, html, not "yaml".'],
    [['wiring', '--format', 'json', '--module', 'X'], '--module and --message are for text and mermaid.'],
    [['wiring', '--format', 'html', '--message', 'X'], '--module and --message are for text and mermaid.'],
    [
      ['wiring', '--check', 'no-document.json'],
      'is not a document of --format json: its schema is "nestjs-cqrs/observed@1"',
    ],
    [['wiring', 'a', 'b'], 'wiring takes one file, not 2.'],
    [['wiring', '--check', 'none.json'], 'Write it with --format json --out.'],
    [['wiring', '--observed', 'none.json'], 'collectLinks() of nestjs-cqrs/testing writes it when tests run.'],
    [['wiring', '--observed', 'a.json', '--check', 'b.json'], 'so it takes no --observed.'],
    [['explain'], 'explain takes a message'],
    [['queues', '--wat'], `Unknown option '--wat'.`],
  ])('%j ends with exit code 2, and says what to do', async (args, said) => {
    const { code, output, errors } = await project.run(...args);
    expect({ code, output }).toEqual({ code: 2, output: '' });
    expect(errors).toContain(said);
  });

  const wiring = { schema: 'nestjs-cqrs/wiring@1' };
  const observed = { schema: 'nestjs-cqrs/observed@1', since: '2026-01-01', links: [] };

  it.each<[string, string, string | object | null, string]>([
    ['--check', 'is empty', '', ': Unexpected end of JSON input.'],
    ['--check', 'has conflicts of a merge', '<<<<<<< HEAD\n{}', ': Unexpected token'],
    ['--check', 'is null', null, ': it holds no object.'],
    ['--check', 'is of another kind', {}, ': its schema is missing.'],
    ['--check', 'is of a later version', { schema: 'nestjs-cqrs/wiring@2' }, ': its schema is "nestjs-cqrs/wiring@2".'],
    ['--check', 'has an object for a list', { ...wiring, messages: {} }, ': "messages" is not a list.'],
    ['--check', 'has a list with holes', { ...wiring, sagas: [{}, null] }, ': sagas[1] is not an object.'],
    ['--observed', 'is empty', '', ': Unexpected end of JSON input.'],
    ['--observed', 'is a list', [], ': it holds no object.'],
    ['--observed', 'saw nothing', wiring, ': it does not say what was observed.'],
    ['--observed', 'has no date', { ...observed, since: 7 }, ': it does not say since when.'],
    ['--observed', 'has no links', { ...wiring, observed: { since: '' } }, ': it has no list of links.'],
    [
      '--observed',
      'has a link of nothing',
      { ...observed, links: [null] },
      ': links[0] has no "from", "to" and "count".',
    ],
    [
      '--observed',
      'has half a link',
      { ...observed, links: [{ from: '' }] },
      ': links[0] has no "from", "to" and "count".',
    ],
  ])('tells of a broken file of %s that %s, with the remedy', async (option, _what, content, why) => {
    project.write('broken.json', typeof content === 'string' ? content : JSON.stringify(content));
    const commands = option === '--check' ? [['wiring']] : [['wiring'], ['explain', 'Pay']];
    for (const command of commands) {
      const { code, output, errors } = await project.run(...command, option, 'broken.json');
      expect({ code, output }).toEqual({ code: 2, output: '' });
      const what = option === '--check' ? 'a document of --format json' : 'a file of collectLinks()';
      expect(errors).toContain(`broken.json is not ${what}${why}`);
      expect(errors).toMatch(
        / (Write it anew: --format json --out broken\.json|Remove it, and run the tests .* again)\. /,
      );
      expect(errors).not.toMatch(/\n\s+at /);
    }
  });

  it('compares with a document that lacks lists and lines', async () => {
    project.write('broken.json', JSON.stringify({ ...wiring, modules: [{ source: null }, { id: {} }] }));
    const { code, output } = await project.run('wiring', '--check', 'broken.json');
    expect(code).toBe(1);
    expect(output).toContain('  - module undefined\n');
    expect(output).toContain('  + message command:Pay ');
  });

  it('explains a message that tests have seen, and that nothing handles', async () => {
    const links = [{ from: 'PaymentModule/PayHandler', to: 'event:PaidOut', count: 2 }];
    project.write('seen.json', JSON.stringify({ ...observed, links }));
    const run = async (...args: string[]) => {
      const { code, output, errors } = await project.run(...args, '--observed', 'seen.json');
      expect({ code, errors }).toEqual({ code: 0, errors: '' });
      return withoutFolder(output);
    };
    expect((await run('explain', 'PaidOut')).replace(/ {3}src\S+/g, '')).toBe(
      [
        'event PaidOut',
        '  sent by      PaymentModule/PayHandler, 2 times',
        '  handled by   nothing: no handler, saga or route names it',
      ].join('\n'),
    );
    expect(await run('wiring', '--message', 'PaidOut', '--format', 'mermaid')).toBe(
      'flowchart LR\n  n0["PayHandler (PaymentModule)"] -.->|"2"| n1["PaidOut"]',
    );
    expect(await run('wiring', '--message', 'PaidOut')).toContain(
      '  event:PaidOut ← PaymentModule/PayHandler (2); no handler and no saga names it',
    );
    expect(await run('wiring', '--format', 'html')).toContain(
      '<b>PaidOut</b></td><td>sent by PaymentModule/PayHandler (2)<br>no handler</td>',
    );
    expect((await project.run('explain', 'PaidOut')).code).toBe(1);
  });

  it('explains a message, with exit code 1 for an unknown name', async () => {
    const { code, output } = await project.run('explain', 'Pay');
    expect(code).toBe(0);
    expect(withoutFolder(output).replace(/ {3}src\S+/g, '')).toBe(
      'command Pay\n  handled by   PayHandler (PaymentModule), class, singleton',
    );
    expect(await project.run('explain', 'Pya')).toEqual({
      code: 1,
      output: '',
      errors: '"Pya" is not the name of a message or handler of this application. Did you mean Pay?',
    });
  });
});
