import { Logger, type LoggerService, type Provider } from '@nestjs/common';
import { Test, type TestingModule, type TestingModuleBuilder } from '@nestjs/testing';
import * as incumbent from '@nestjs/cqrs';
import manifest from '@nestjs/cqrs/package.json' with { type: 'json' };
import * as ours from 'nestjs-cqrs';

/** What a scenario may use: the public names that both packages have. */
export type Cqrs = typeof ours;

/** The buses of a started application. */
export interface Application {
  readonly module: TestingModule;
  readonly commands: ours.CommandBus;
  readonly queries: ours.QueryBus;
  readonly events: ours.EventBus;
  readonly failures: ours.UnhandledExceptionBus;
  readonly publisher: ours.EventPublisher;
}

/** One run of a scenario with one of the two packages. */
export interface Stage {
  readonly cqrs: Cqrs;
  /** Writes down what can be observed. */
  note(...observed: unknown[]): void;
  /** Starts an application with these providers. */
  start(providers: Provider[], options?: ours.CqrsModuleOptions): Promise<Application>;
  /** Starts an application that is put together by hand. */
  compile(builder: TestingModuleBuilder): Promise<Application>;
  /** What a promise or a call that throws comes to. */
  outcome(run: () => unknown): Promise<unknown>;
}

const SILENT: LoggerService = { log: () => undefined, error: () => undefined, warn: () => undefined };

type Scenario = (stage: Stage) => Promise<void>;

/** Version 12, or 11 where `test/package` runs these files with Nest 11. */
const MAJOR = Number.parseInt(manifest.version, 10);

/**
 * A test that runs a small program with `@nestjs/cqrs` and with this package, and wants the same observations.
 * For behaviour that the incumbent gets right; what it gets wrong is tested in `test/e2e/faults`.
 * @param only the version that can run the program, where the other one cannot: it must fail there, but not here
 */
export const sameAsIncumbent = (name: string, scenario: Scenario, { only = MAJOR } = {}): void =>
  it(only === MAJOR ? name : `${name} (only version ${only})`, async () => {
    const theirs = observe(scenario, incumbent as unknown as Cqrs);
    if (only !== MAJOR) {
      await expect(theirs).rejects.toThrow();
      await expect(observe(scenario, ours)).resolves.not.toEqual([]);
      return;
    }
    expect(await theirs).not.toEqual([]);
    expect(await observe(scenario, ours)).toEqual(await theirs);
  });

async function observe(scenario: Scenario, cqrs: Cqrs): Promise<unknown[]> {
  const observations: unknown[] = [];
  const started: TestingModule[] = [];
  const compile = async (builder: TestingModuleBuilder): Promise<Application> => {
    const module = await builder.setLogger(SILENT).compile();
    await module.init();
    // With Nest 11, an application that did not start repeats its error when it is closed.
    started.push(module);
    Logger.overrideLogger(false);
    return applicationOf(module, cqrs);
  };
  try {
    await scenario({
      cqrs,
      note: (...observed) => observations.push(observed.length === 1 ? observed[0] : observed),
      start: (providers, options) =>
        compile(Test.createTestingModule({ imports: [cqrs.CqrsModule.forRoot(options)], providers })),
      compile,
      outcome,
    });
  } finally {
    for (const module of started) await module.close();
  }
  return observations;
}

const applicationOf = (module: TestingModule, cqrs: Cqrs): Application => {
  const find = <T>(token: abstract new (...args: any[]) => T) => module.get(token as any, { strict: false }) as T;
  return {
    module,
    commands: find(cqrs.CommandBus),
    queries: find(cqrs.QueryBus),
    events: find(cqrs.EventBus),
    get failures() {
      return find(cqrs.UnhandledExceptionBus);
    },
    get publisher() {
      return find(cqrs.EventPublisher);
    },
  };
};

const outcome = async (run: () => unknown): Promise<unknown> => {
  try {
    return { value: await run() };
  } catch (error) {
    return { thrown: (error as Error).constructor.name, says: firstSentence(error as Error) };
  }
};

/** Texts are not the same; what they begin with says the same. */
const firstSentence = ({ message }: Error): string => message.split('.')[0]!;

/** Lets everything run that is not waiting for a timer. */
export const quiet = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await new Promise(resolve => setImmediate(resolve));
};

/** Waits until something has happened; the time limit of the test is its limit. */
export const until = async (happened: () => boolean): Promise<void> => {
  while (!happened()) await new Promise(resolve => setTimeout(resolve, 1));
};
