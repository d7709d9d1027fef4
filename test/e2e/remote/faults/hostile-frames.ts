import type { Seeded } from './seeded.js';

type Fields = Record<string, unknown>;

/** A request as the sender of this library writes it. */
export interface Valid {
  readonly pattern: string;
  readonly frame: Fields;
}

export const envelopeOf = (name: string, payload: unknown, meta: Fields = {}): Fields => ({
  meta: { name, version: 1, headers: {}, id: 'm-1', correlationId: 'c-1', ...meta },
  payload,
});

const VALID: readonly Valid[] = [
  {
    pattern: 'cqrs.command.faults.add',
    frame: { kind: 'command', envelope: envelopeOf('faults.add', { id: 'x', takes: 0 }) },
  },
  {
    pattern: 'cqrs.query.faults.ask',
    frame: { kind: 'query', envelope: envelopeOf('faults.ask', { how: 'echo', value: 1 }) },
  },
  {
    pattern: 'cqrs.query.faults.rows',
    frame: {
      kind: 'query',
      envelope: envelopeOf('faults.rows', { count: 5, how: 'numbers' }),
      rows: { credit: 64, alive: 1000 },
    },
  },
  {
    pattern: 'cqrs.event.faults.happened',
    frame: { kind: 'event', envelope: envelopeOf('faults.happened', { id: 'x' }) },
  },
];

const LONG = 'x'.repeat(5000);
const nestedText = (depth: number, open: string, close: string): string => open.repeat(depth) + close.repeat(depth);

/** Each makes a request that must be refused; `text` is put in place of a value that JSON.stringify cannot write. */
type Break = (valid: Valid, seeded: Seeded) => { frame: unknown; text?: string };

const put = (path: string, choose: (seeded: Seeded, valid: Valid) => unknown): Break => {
  return (valid, seeded) => ({ frame: withField(valid.frame, path.split('.'), choose(seeded, valid)) });
};

/** A value that JSON.stringify does not write. */
const putText = (path: string, choose: (seeded: Seeded) => string): Break => {
  return (valid, seeded) => ({ frame: withField(valid.frame, path.split('.'), PLACE), text: choose(seeded) });
};

const drop = (path: string): Break => {
  return ({ frame }) => ({ frame: withField(frame, path.split('.'), undefined) });
};

const PLACE = '\u0001place\u0001';

function withField(fields: Fields, [key = '', ...rest]: string[], value: unknown): Fields {
  const inner = rest.length === 0 ? value : withField((fields[key] ?? {}) as Fields, rest, value);
  return Object.fromEntries([...Object.entries(fields).filter(([each]) => each !== key), [key, inner]]);
}

/** None of them can be read from the text "nothing". */
const TAGS = ['number', 'bigint', 'Date', 'Uint8Array', 'Buffer', 'Set', 'Map', 'object', 'class', 'x', 7, null];

const BREAKS: readonly Break[] = [
  (_, seeded) => ({ frame: seeded.of([null, 1, 'x', true, [], [[]], {}, '__proto__', 1e308, -0]) }),
  (_, seeded) => ({ frame: { kind: seeded.json(), envelope: seeded.json(), rows: seeded.json() } }),
  ({ frame }, seeded) => ({ frame: [frame, seeded.json()] }),
  put('kind', (_, { frame }) => (frame['kind'] === 'command' ? 'query' : 'command')),
  put('kind', seeded => seeded.of(['Command', '', null, 0, {}, ['command'], '__proto__', 'constructor', 'saga'])),
  drop('kind'),
  drop('envelope'),
  drop('envelope.meta'),
  drop('envelope.meta.name'),
  drop('envelope.payload'),
  put('envelope', seeded => seeded.of([null, 1, 'x', [], true, {}])),
  put('envelope.meta', seeded => seeded.of([null, 1, 'x', [], true, {}])),
  put('envelope.meta.name', seeded =>
    seeded.of([
      '',
      '__proto__',
      'constructor',
      'toString',
      'faults.refused',
      'faults.x',
      LONG,
      5,
      null,
      {},
      ['a'],
      '\n',
    ]),
  ),
  put('envelope.meta.name', seeded => `${seeded.text(20)}!`),
  put('envelope.meta.version', seeded => seeded.of([0, -1, 0.5, 2, 1e308, '1', null, {}, [1]])),
  put('envelope.meta.id', seeded => seeded.of(['', LONG, 'a\nb', 'a\u2028b', 1, null, {}, []])),
  put('envelope.meta.correlationId', seeded => seeded.of(['', LONG, 'a\nb', 1, null, {}, []])),
  put('envelope.meta.time', seeded => seeded.of(['', 'yesterday', 5, null, {}, '2020-13-40T00:00:00Z'])),
  put('envelope.meta.headers', seeded =>
    seeded.of<unknown>([1, 'x', [], true, { constructor: 1 }, { a: { $type: 'x' } }]),
  ),
  put('envelope.payload', seeded => seeded.of([null, 1, 'x', [], true, [{}]])),
  put('envelope.payload.a', seeded => ({
    $type: seeded.of(TAGS),
    value: seeded.of(['nothing', '9'.repeat(9999), 5]),
  })),
  put('envelope.payload.a', seeded => ({ $type: 'class', name: seeded.of(['x', '__proto__', 5, LONG]), value: {} })),
  put('envelope.payload.a', seeded => ({ [seeded.of(['constructor', 'prototype'])]: seeded.json() })),
  putText('envelope.payload.a', seeded => `{"__proto__":${JSON.stringify(seeded.json())}}`),
  putText('envelope.payload', seeded => `{"__proto__":${JSON.stringify(seeded.json())}}`),
  putText('envelope.meta.headers', () => '{"__proto__":{"tenant":"x"}}'),
  putText('envelope.payload.a', seeded => nestedText(65 + seeded.below(3000), '[', ']')),
  putText('envelope.meta.headers', seeded => `{"a":${nestedText(65 + seeded.below(3000), '[', ']')}}`),
  putText('timeout', seeded => seeded.of(['1e999', '-1e999', '-1', '"5"', 'null', '{}', '[5]', 'true'])),
  putText('expires', seeded => seeded.of(['1e999', '-1', '"5"', 'null', '{}', '[5]', '0', '1', '1e3'])),
  putText('rows', seeded => seeded.of(['1', 'null', '[]', '{}', '"x"', 'true', '{"credit":64}', '{"alive":1000}'])),
  putText('rows', seeded => {
    const credit = seeded.of(['-1', '0.5', '1e9', '1025', '"64"', 'null', '1e999']);
    return `{"credit":${credit},"alive":1000}`;
  }),
  putText('rows', seeded => {
    const alive = seeded.of(['0', '-5', '0.5', '1e10', '2147483648', '"5"', 'null', '1e999']);
    return `{"credit":64,"alive":${alive}}`;
  }),
  // Rows of what has none, and no rows of what has some.
  ({ frame }) =>
    frame['rows'] === undefined
      ? { frame: { ...frame, rows: { credit: 64, alive: 1000 } } }
      : { frame: withField(frame, ['rows'], undefined) },
];

/** @returns a request that must be refused, as text */
export function brokenRequest(seeded: Seeded): { pattern: string; text: string } {
  const valid = seeded.of(VALID);
  const { frame, text } = seeded.of(BREAKS)(valid, seeded);
  const written = JSON.stringify(frame);
  return {
    pattern: valid.pattern,
    text: text === undefined ? written : written.replace(JSON.stringify(PLACE), () => text),
  };
}

/** @returns a control frame of nobody's call, or of something else */
export const strangeControl = (seeded: Seeded, others: readonly string[] = []): unknown =>
  seeded.of<() => unknown>([
    () => seeded.json(),
    () => ({ call: seeded.text(40) }),
    () => ({ call: seeded.of(['__proto__', 'constructor', 'size', '', LONG]), rows: seeded.of([0, 1024]) }),
    () => ({ call: others, rows: 1 }),
    () => ({ call: { toString: seeded.of(others.length > 0 ? others : ['x']) } }),
    () => ({
      call: seeded.of(others.length > 0 ? others : ['x']),
      rows: seeded.of([-1, 0.5, 1e308, '5', null, {}]),
    }),
  ])();
