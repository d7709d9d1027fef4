// Reads and writes an envelope where all built-in prototypes are frozen, as hardened programs do.
import 'reflect-metadata';
import { Envelope, type EnvelopeException } from 'nestjs-cqrs';

for (const type of [Object, Array, Map, Set, Date, Error, TypeError, RangeError, Promise, Function, String, Number])
  Object.freeze(type.prototype);

class Any {
  readonly value: unknown;
}

const value = JSON.parse('{"toString":1,"list":[2]}') as object;
const { payload } = Envelope.fromJSON({ meta: {}, payload: { value } }, Any);
const written = new Envelope(payload).toJSON().payload as { value: object };
let code = '';
try {
  Envelope.fromJSON('nothing', Any);
} catch (error) {
  ({ code } = error as EnvelopeException);
}
console.log(JSON.stringify(written.value), code);
