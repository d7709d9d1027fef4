import { Command, Query } from 'nestjs-cqrs';

export class ReserveStock extends Command {
  constructor(readonly item: string) {
    super();
  }
}

export class GetStock extends Query<number> {
  constructor(readonly item: string) {
    super();
  }
}
