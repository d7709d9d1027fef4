import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Post, Query as QueryOf, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Command, CommandBus, CommandHandler, CqrsModule } from '../../../lib/index.js';
import { track } from '../../../lib/testing/index.js';
import { pending } from '../../support/waiting.js';

class Save extends Command {
  constructor(readonly name: string) {
    super();
  }
}

@Controller()
class Names {
  constructor(private readonly commands: CommandBus) {}

  @Post('names')
  post(@QueryOf('name') name: string): Promise<void> {
    return this.commands.execute(new Save(name));
  }

  @CommandHandler(Save)
  save(_command: Save): void {}
}

let app: INestApplication;

beforeEach(async () => {
  const module = await Test.createTestingModule({ imports: [CqrsModule.forRoot()], controllers: [Names] }).compile();
  app = module.createNestApplication({ logger: false });
});

afterEach(() => app.close());

const posted = (to: { readonly port: number } | { readonly socketPath: string }, name: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const request = httpRequest({ ...to, method: 'POST', path: `/names?name=${name}` }, answer => {
      answer.resume().on('end', () => resolve(answer.statusCode!));
    });
    request.on('error', reject).end();
  });

const namesOf = (messages: readonly { readonly message: object }[]): string[] =>
  messages.map(({ message }) => (message as Save).name);

it('requests from outside do not belong to the flow that goes on, whichever client sends them', async () => {
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const { promise, finish } = pending();
  const going = track(app, { timeout: 20_000 }).run(async () => {
    const status = await posted({ port }, 'inside');
    await promise;
    return status;
  });
  const statuses = [
    await posted({ port }, 'outside'),
    (await fetch(`http://127.0.0.1:${port}/names?name=fetched`, { method: 'POST' })).status,
  ];
  finish();
  const flow = await going;
  expect([flow.result, ...statuses]).toEqual([201, 201, 201]);
  expect(namesOf(flow.executed)).toEqual(['inside']);
});

// A connection without a port tells nothing of its other end.
it('a request over a socket file belongs to no flow', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-cqrs-http-'));
  const socketPath = join(folder, 'names.sock');
  await app.listen(socketPath);
  const flow = await track(app).run(() => posted({ socketPath }, 'file'));
  expect([flow.result, namesOf(flow.executed)]).toEqual([201, []]);
  rmSync(folder, { recursive: true, force: true });
});
