import { jest } from '@jest/globals';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Command, CommandHandler, CqrsModule, CqrsWiringException } from '../../../lib/index.js';
import { testApp, track, type StubOf } from '../../../lib/testing/index.js';
import { RecordedLog } from '../../support/application.js';

class Save extends Command {}

@Injectable()
class Saving {
  private readonly logger = new Logger('Saving');

  @CommandHandler(Save)
  save(_command: Save): void {
    this.logger.warn('it is full');
    this.logger.error('it is broken');
  }
}

@CommandHandler(Save)
class Twice {
  execute(_command: Save): void {}
}

/** A connection, as to a database. */
@Injectable()
class Connection implements OnModuleInit, OnModuleDestroy {
  readonly log: string[] = [];

  onModuleInit(): void {
    this.log.push('open');
  }

  onModuleDestroy(): void {
    this.log.push('closed');
  }
}

const imports = [CqrsModule.forRoot()];

describe('the logger of testApp()', () => {
  const written = (): string[] => {
    const lines: string[] = [];
    const write = (text: string | Uint8Array): boolean => lines.push(String(text)) > 0;
    jest.spyOn(process.stdout, 'write').mockImplementation(write);
    jest.spyOn(process.stderr, 'write').mockImplementation(write);
    return lines;
  };

  afterEach(() => jest.restoreAllMocks());

  it('gets what the application logs', async () => {
    const [logger, lines] = [new RecordedLog(), written()];
    await using app = await testApp({ imports, providers: [Saving], logger });
    await track(app).execute(new Save());
    expect([logger.warnings, logger.errors, lines]).toEqual([['it is full'], ['it is broken'], []]);
  });

  it('prints nothing where it is false, else errors alone', async () => {
    const lines = written();
    for (const options of [{ logger: false as const }, {}]) {
      await using app = await testApp({ imports, providers: [Saving], ...options });
      await track(app).execute(new Save());
    }
    expect(lines).toEqual([expect.stringContaining('it is broken')]);
  });
});

describe('an application that testApp() cannot start is closed, and told of by the first failure:', () => {
  let connection: Connection;
  beforeEach(() => (connection = new Connection()));

  const connected = () => ({ provide: 'CONNECTION', useFactory: () => connection });

  it('one with mistakes in the wiring', async () => {
    const providers = [connected(), Saving, Twice];
    await expect(testApp({ imports, providers, logger: false })).rejects.toThrow(CqrsWiringException);
    expect(connection.log.at(-1)).toBe('closed');
  });

  it('one whose hook fails', async () => {
    class Broken {
      onApplicationBootstrap(): never {
        throw new Error('no database');
      }

      beforeApplicationShutdown(): never {
        throw new Error('nothing to close');
      }
    }
    const providers = [connected(), Broken];
    await expect(testApp({ imports, providers, logger: false })).rejects.toThrow('no database');
    expect(connection.log).toEqual(['open', 'closed']);
  });

  it('one whose stubs are refused', async () => {
    const stubs = (on: StubOf) => on(Connection);
    await expect(testApp({ imports, providers: [connected()], stubs })).rejects.toThrow(
      'stub() cannot take the place of',
    );
    expect(connection.log).toEqual(['open', 'closed']);
  });
});
