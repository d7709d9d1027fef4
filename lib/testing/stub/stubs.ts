import type { INestApplicationContext } from '@nestjs/common';
import type { ProbePoint } from '../../extension.js';

/** Answers in place of a handler. */
export interface Answering {
  serves(point: ProbePoint): boolean;
  answer(message: object): unknown;
}

/** The stubs of an application: the latest is asked first. */
export class Stubs {
  private readonly all: Answering[] = [];

  constructor(readonly app: INestApplicationContext) {}

  find(point: ProbePoint): Answering | undefined {
    return this.all.find(stub => stub.serves(point));
  }
}
