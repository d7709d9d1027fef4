import { Message, Query } from 'nestjs-cqrs';

@Message({ name: 'shipping.quote' })
export class QuoteShipping extends Query<bigint> {
  constructor(readonly weight: number) {
    super();
  }
}
