import { Injectable } from '@nestjs/common';
import { Cached, Command, CommandHandler, Event, EventsHandler, Query, QueryHandler, Touches } from 'nestjs-cqrs';
import { pending } from '../../support/waiting.js';

/** What a query answers. */
export class User {
  constructor(
    readonly id: string,
    public name: string,
    readonly since: Date,
  ) {}
}

@Cached({ ttl: 60_000, tags: (query: GetUser) => [`user:${query.userId}`], negative: true })
export class GetUser extends Query<User | undefined> {
  constructor(readonly userId: string) {
    super();
  }
}

/** Answers are not kept if there are none. */
@Cached({ ttl: 60_000, tags: (query: FindUser) => [`user:${query.userId}`] })
export class FindUser extends Query<User | undefined> {
  constructor(readonly userId: string) {
    super();
  }
}

@Touches((command: Rename) => [`user:${command.userId}`])
export class Rename extends Command {
  constructor(
    readonly userId: string,
    readonly name: string,
  ) {
    super();
  }
}

@Touches((event: Left) => [`user:${event.userId}`])
export class Left extends Event {
  constructor(readonly userId: string) {
    super();
  }
}

/** Published without a handler. */
@Touches((event: Imported) => event.userIds.map(id => `user:${id}`))
export class Imported extends Event {
  constructor(readonly userIds: readonly string[]) {
    super();
  }
}

/** The state, and how often it was read. */
@Injectable()
export class Users {
  readonly names = new Map([
    ['1', 'Ann'],
    ['2', 'Ben'],
  ]);
  runs = 0;
  /** While there is one, runs wait for it after they have read. */
  gate: ReturnType<typeof pending> | undefined;
  failure: Error | undefined;
  /** Signals of the runs. */
  readonly signals: AbortSignal[] = [];

  async read(id: string): Promise<User | undefined> {
    this.runs += 1;
    const name = this.names.get(id);
    await this.gate?.promise;
    if (this.failure !== undefined) throw this.failure;
    return name === undefined ? undefined : new User(id, name, new Date(0));
  }

  /** Holds all runs from now on. */
  hold(): ReturnType<typeof pending> {
    return (this.gate = pending());
  }

  release(): void {
    this.gate?.finish();
    this.gate = undefined;
  }
}

@QueryHandler(GetUser)
export class GetUserHandler {
  constructor(private readonly users: Users) {}

  execute({ userId }: GetUser) {
    return this.users.read(userId);
  }
}

@QueryHandler(FindUser)
export class FindUserHandler {
  constructor(private readonly users: Users) {}

  execute({ userId }: FindUser) {
    return this.users.read(userId);
  }
}

@CommandHandler(Rename)
export class RenameHandler {
  constructor(private readonly users: Users) {}

  async execute({ userId, name }: Rename) {
    if (name === '') throw new Error('without a name');
    this.users.names.set(userId, name);
  }
}

@EventsHandler(Left)
export class LeftHandler {
  constructor(private readonly users: Users) {}

  handle({ userId }: Left) {
    this.users.names.delete(userId);
  }
}

export const PROVIDERS = [Users, GetUserHandler, FindUserHandler, RenameHandler, LeftHandler];
