import { Inject, Injectable, Scope } from '@nestjs/common';
import { CqrsModule, Event, EventBus, EventsHandler } from '../../../lib/index.js';
import { testApp, track } from '../../../lib/testing/index.js';
import { pending } from '../../support/waiting.js';

class Paid extends Event {}

it('a flow that waits for the instance of a request-scoped handler says so', async () => {
  const connection = pending();

  @Injectable({ scope: Scope.REQUEST })
  class Notes {
    constructor(@Inject('connection') readonly connection: object) {}

    @EventsHandler(Paid)
    note() {}
  }

  const app = await testApp({
    imports: [CqrsModule.forRoot()],
    providers: [Notes, { provide: 'connection', scope: Scope.REQUEST, useFactory: () => connection.promise }],
  });
  const flow = track(app, { timeout: 50 }).run(() => app.get(EventBus).publish(new Paid()));
  await expect(flow).rejects.toThrow(/running {2}event Paid: the instance of Notes\.note \(.+\) is made, for \d+ ms/);
  connection.finish();
  await app.close();
});
