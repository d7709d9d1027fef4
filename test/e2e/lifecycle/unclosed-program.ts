import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AggregateRoot, CqrsModule, Event, EventBus, EventsHandler, Publishable } from '../../../lib/index.js';

const { gc } = globalThis as { gc?: () => void };

class Paid extends Event {}

let handled = 0;

@Injectable()
class Handlers {
  @EventsHandler(Paid)
  paid() {
    handled += 1;
  }
}

@Module({ imports: [CqrsModule.forRoot()], providers: [Handlers] })
class AppModule {}

/** Starts applications, and forgets them. */
async function forget(count: number): Promise<WeakRef<EventBus>[]> {
  const buses: WeakRef<EventBus>[] = [];
  for (let i = 0; i < count; i++) {
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
    const bus = app.get(EventBus);
    await bus.publish(new Paid());
    buses.push(new WeakRef(bus));
  }
  return buses;
}

/** @returns how many are left when garbage has been collected several times */
async function left(buses: readonly WeakRef<EventBus>[]): Promise<number> {
  const count = () => buses.filter(bus => bus.deref() !== undefined).length;
  for (let round = 0; round < 30 && count() > 0; round++) {
    await delay(1);
    gc!();
  }
  return count();
}

const withoutAggregates = await left(await forget(10));

@Publishable()
class Account extends AggregateRoot {}

const kept = await forget(1);
const withAggregates = await left(kept);
handled = 0;
const account = new Account();
account.apply(new Paid());
await account.commit();
const byAggregate = handled;

console.log(JSON.stringify({ withoutAggregates, withAggregates, byAggregate }));
