import { Command, Message, Query, StreamQuery } from 'nestjs-cqrs';

/** What the processes of these tests send each other. */
@Message({ name: 'faults.add' })
export class Add extends Command<{ id: string; process: number }> {
  constructor(
    readonly id: string,
    readonly takes = 0,
  ) {
    super();
  }
}

@Message({ name: 'faults.ask' })
export class Ask extends Query<unknown> {
  constructor(
    readonly how: string,
    readonly value?: unknown,
  ) {
    super();
  }
}

@Message({ name: 'faults.rows' })
export class Rows extends StreamQuery<unknown> {
  constructor(
    readonly count: number,
    readonly how = 'numbers',
  ) {
    super();
  }
}

@Message({ name: 'faults.happened' })
export class Happened {
  constructor(readonly id: string) {}
}

@Message({ name: 'faults.refused' })
export class Refused extends Error {
  constructor(readonly since: Date) {
    super('refused');
  }
}
