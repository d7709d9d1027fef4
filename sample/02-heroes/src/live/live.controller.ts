import { readFileSync } from 'node:fs';
import { Controller, Get, Header, type MessageEvent, Sse } from '@nestjs/common';
import { EventBus } from 'nestjs-cqrs';
import { map, type Observable } from 'rxjs';

const page = readFileSync(new URL('./page.html', import.meta.url), 'utf8');

/** Shows the game as it happens. */
@Controller()
export class LiveController {
  constructor(private readonly events: EventBus) {}

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  page(): string {
    return page;
  }

  // #region observe
  /** Every event of the application, as server-sent events: `event` is the name of its class. */
  @Sse('events')
  live(): Observable<MessageEvent> {
    return this.events.pipe(map(event => ({ type: event.constructor.name, data: event })));
  }
  // #endregion
}
