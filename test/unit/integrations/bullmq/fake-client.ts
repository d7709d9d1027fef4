import type { IRedisClient } from 'bullmq';

type Answer = (name: string, args: readonly unknown[]) => unknown;

/** A client of Redis that answers commands as the test says. */
export class FakeClient {
  /** Commands, in order. */
  readonly ran: (readonly [string, readonly unknown[]])[] = [];
  readonly scriptsSet = { 'moveToFinished:5': { lua: '', numberOfKeys: 2 } };
  readonly name = 'redis';

  constructor(private readonly answer: Answer = () => undefined) {}

  readonly runCommand = async (name: string, args: readonly unknown[]): Promise<unknown> => {
    this.ran.push([name, args]);
    return this.answer(name, args);
  };

  /** What ran in a transaction is one command. */
  multi() {
    const answers: unknown[] = [];
    const sizes: unknown[] = [];
    return {
      runCommand: (name: string, args: readonly unknown[]) => {
        sizes.push(args);
        answers.push([null, this.answer(name, args)]);
      },
      exec: async () => {
        this.ran.push(['multi', sizes]);
        return answers;
      },
    };
  }

  get commands(): string[] {
    return this.ran.map(([name]) => name);
  }

  asClient(): IRedisClient {
    return this as unknown as IRedisClient;
  }
}
