import assert from 'node:assert/strict';
import { HttpException } from '@nestjs/common';
import { RemoteException } from '../../../index.js';
import { failureOf, isOf, type CaseDefinition } from '../case.js';
import { Declined, declined, Echo, Fail, Money } from '../messages.js';
import { framedError } from '../server-handlers.js';

/** Together, with answers of different sizes. */
const AT_ONCE = 128;

/** What comes back from another process. */
export const answers: readonly CaseDefinition[] = [
  {
    name: 'a result is revived: Date, bigint, Map, class of the catalog',
    async run(world) {
      await world.servers(1);
      const { queries } = await world.caller();
      const money = new Money(120n, new Date(5));
      const plain = { at: new Date(7), big: 2n ** 70n, map: new Map([['price', money]]), none: null, list: [money] };
      const results = [];
      for (const value of [plain, money, undefined]) results.push(await queries.ask(new Echo(value)));
      assert.deepStrictEqual(results, [
        { value: plain, type: 'Object' },
        { value: money, type: 'Money' },
        { value: undefined, type: 'none' },
      ]);
    },
  },
  {
    name: 'a failure of a known class is revived',
    async run(world) {
      await world.servers(1);
      const error = isOf(Declined, await failureOf((await world.caller()).queries.ask(new Fail('listed'))));
      const { since, price, polite } = error;
      const expected = declined();
      assert.deepStrictEqual([since, price, polite], [expected.since, expected.price, expected.polite]);
    },
  },
  {
    name: 'a failure of an unknown class is a RemoteException, without the stack of the other side',
    async run(world) {
      await world.servers(1);
      const error = isOf(RemoteException, await failureOf((await world.caller()).queries.ask(new Fail('unknown'))));
      assert.deepEqual(
        { name: error.remote.name, message: error.remote.message },
        { name: 'RangeError', message: 'out of range' },
      );
      const told = [error.message, error.stack, JSON.stringify(error)].join();
      assert.ok(!told.includes(framedError.name), `The stack of the other side must not travel:\n${told}`);
    },
  },
  {
    name: 'an HttpException of Nest is revived',
    async run(world) {
      await world.servers(1);
      const error = isOf(HttpException, await failureOf((await world.caller()).queries.ask(new Fail('http'))));
      assert.deepEqual([error.getStatus(), error.getResponse()], [409, { reason: 'taken' }]);
    },
  },
  {
    name: `${AT_ONCE} messages at once: each gets its own answer`,
    async run(world) {
      await world.servers(1);
      const { queries } = await world.caller();
      const texts = Array.from({ length: AT_ONCE }, (_, i) => `${i}:${'ä'.repeat((i * 397) % 20_000)}`);
      const results = await Promise.all(texts.map(text => queries.ask(new Echo(text))));
      for (const [i, { value }] of results.entries())
        assert.ok(value === texts[i], `Answer ${i} is of another message.`);
    },
  },
];
