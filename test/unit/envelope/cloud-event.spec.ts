import { CloudEvent, HTTP } from 'cloudevents';
import * as fc from 'fast-check';
import {
  Envelope,
  EnvelopeException,
  fromCloudEvent,
  Message,
  MessageCatalog,
  MessageVersionException,
  toCloudEvent,
  UnknownMessageException,
  Upcast,
} from '../../../lib/index.js';

@Message({ name: 'com.example.placed', version: 2 })
class Placed {
  constructor(
    readonly orderId: string,
    readonly at: Date,
  ) {}
  @Upcast(1) static fromV1({ id, ...rest }: { id: string }) {
    return { ...rest, orderId: id };
  }
}

const meta = {
  id: '0190-1',
  time: new Date('2024-02-03T04:05:06.789Z'),
  correlationId: 'c-1',
  causationId: 'm-0',
  headers: { tenant: 'acme', retries: 3, urgent: true },
};
const envelope = new Envelope(new Placed('o1', new Date(5)), meta);
const about = { source: '/shop/orders', subject: 'o1' };

const official = (event: object): CloudEvent<unknown> => new CloudEvent(event as never, true);
const codeOf = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error instanceof EnvelopeException ? error.code : error;
  }
  return undefined;
};

describe('toCloudEvent', () => {
  it('makes an event that the official package accepts, with everything in its place', () => {
    const event = official(toCloudEvent(envelope, about));
    expect(event.validate()).toBe(true);
    expect(event).toMatchObject({
      specversion: '1.0',
      id: '0190-1',
      source: '/shop/orders',
      type: 'com.example.placed',
      subject: 'o1',
      time: '2024-02-03T04:05:06.789Z',
      datacontenttype: 'application/json',
      correlationid: 'c-1',
      causationid: 'm-0',
      messageversion: 2,
      tenant: 'acme',
      retries: 3,
      urgent: true,
      data: { orderId: 'o1', at: { $type: 'Date', value: '1970-01-01T00:00:00.005Z' } },
    });
  });

  it('makes a new identifier where the envelope has none, and leaves out what is not known', () => {
    const event = toCloudEvent(new Envelope(new Placed('o1', new Date(5))), { source: '/shop' });
    expect(event.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(Object.keys(event).toSorted()).toEqual([
      'data',
      'datacontenttype',
      'id',
      'messageversion',
      'source',
      'specversion',
      'type',
    ]);
    expect(official(event).validate()).toBe(true);
  });

  it.each<[string, unknown, boolean]>([
    ['a'.repeat(20), 'x', true],
    ['a'.repeat(21), 'x', false],
    ['upperCase', 'x', false],
    ['n', 2 ** 31 - 1, true],
    ['n', -(2 ** 31) + 1, true],
    ['n', 2 ** 31, false],
    ['n', -(2 ** 31), false],
    ['n', 1.5, false],
    ['b', false, true],
    ['s', '', false],
    ['o', { a: 1 }, false],
    ...['messageversion', 'correlationid', 'causationid', 'messageheaders', 'specversion', 'id', 'type', 'time'].map(
      (name): [string, unknown, boolean] => [name, 'x', false],
    ),
    ...['datacontenttype', 'data', 'data_base64'].map((name): [string, unknown, boolean] => [name, 'x', false]),
  ])('makes an extension of a header only where it may be one: %s %p: %p', (name, value, isExtension) => {
    const event = toCloudEvent(new Envelope(new Placed('o1', new Date(5)), { headers: { [name]: value } }), about);
    expect(event['messageheaders']).toBe(isExtension ? undefined : JSON.stringify({ [name]: value }));
    expect(official(event).validate()).toBe(true);
    const { source: _, subject: _subject, ...headers } = fromCloudEvent(event, Placed).meta.headers;
    expect(headers).toEqual({ [name]: value });
  });

  it.each(['source', 'subject', 'dataschema'])('keeps a header beside the attribute of its name: %s', name => {
    const envelope = new Envelope(new Placed('o1', new Date(5)), { headers: { [name]: 'x' } });
    const event = toCloudEvent(envelope, { source: '/shop' });
    expect([event['messageheaders'], event.source]).toEqual([JSON.stringify({ [name]: 'x' }), '/shop']);
  });

  it('needs a source', () => {
    for (const source of ['', 5 as never, undefined as never])
      expect(codeOf(() => toCloudEvent(envelope, { source }))).toBe('CQRS_UNSERIALIZABLE');
  });
});

describe('fromCloudEvent', () => {
  it.each(['structured', 'binary'] as const)('reads what the official package sends over HTTP (%s)', mode => {
    const message = HTTP[mode](official(toCloudEvent(envelope, about)));
    const received = HTTP.toEvent<unknown>(message) as CloudEvent<unknown>;
    const read = fromCloudEvent(received.toJSON(), Placed);
    expect(read.payload).toStrictEqual(envelope.payload);
    expect(read.meta).toMatchObject({
      name: 'com.example.placed',
      version: 2,
      id: '0190-1',
      time: meta.time,
      correlationId: 'c-1',
      causationId: 'm-0',
    });
    expect(read.meta.headers).toMatchObject({ tenant: 'acme', source: '/shop/orders', subject: 'o1' });
  });

  it('reads an event of the official package that never was an envelope', () => {
    const event = new CloudEvent({
      source: '/x',
      type: 'com.example.placed',
      data: { id: 'o7', at: null },
      partition: 'p1',
    });
    const read = fromCloudEvent(JSON.stringify(event), Placed);
    expect(read.payload).toBeInstanceOf(Placed);
    expect(read.payload.orderId).toBe('o7');
    expect(read.meta.id).toBe(event.id);
    expect(read.meta.headers).toEqual({ partition: 'p1', source: '/x' });
  });

  it('makes headers of what is no part of the message, and of nothing else', () => {
    const event = { ...toCloudEvent(envelope, about), dataschema: '/schema', data_base64: undefined };
    expect(fromCloudEvent(event, Placed).meta.headers).toStrictEqual({
      tenant: 'acme',
      retries: 3,
      urgent: true,
      source: '/shop/orders',
      subject: 'o1',
      dataschema: '/schema',
    });
  });

  it('finds the class in a catalog by the type of the event', () => {
    const catalog = new MessageCatalog([Placed]);
    expect(fromCloudEvent(toCloudEvent(envelope, about), catalog).payload).toStrictEqual(envelope.payload);
    const other = { ...toCloudEvent(envelope, about), type: 'com.example.place' };
    expect(() => fromCloudEvent(other, catalog)).toThrow(UnknownMessageException);
    expect(() => fromCloudEvent({ ...toCloudEvent(envelope, about), messageversion: 3 }, catalog)).toThrow(
      MessageVersionException,
    );
  });

  it('brings back any headers, also those that no extension can have', () => {
    const value = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.double({ noNaN: true }),
      fc.boolean(),
      fc.bigInt(),
      fc.date({ noInvalidDate: true }),
      fc.constant(null),
      fc.array(fc.string()),
    );
    const name = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[a-z0-9]{1,20}$/),
      fc.constantFrom('type', 'id', 'X-Tenant', 'correlationid'),
    );
    const allowed = name.filter(
      key => !['__proto__', 'constructor', 'prototype', 'source', 'subject', 'dataschema'].includes(key),
    );
    fc.assert(
      fc.property(fc.dictionary(allowed, value, { noNullPrototype: true }), headers => {
        const event = toCloudEvent(new Envelope(new Placed('o1', new Date(5)), { headers }), { source: '/shop' });
        expect(official(event).validate()).toBe(true);
        const { source: _, ...read } = fromCloudEvent(JSON.stringify(event), Placed).meta.headers;
        expect(read).toStrictEqual(headers);
      }),
      { numRuns: 300 },
    );
  });

  it('reads or refuses with a typed error whatever it is given', () => {
    const field = fc.constantFrom(
      'id',
      'source',
      'type',
      'specversion',
      'data',
      'messageversion',
      'correlationid',
      'messageheaders',
      'time',
      '__proto__',
      'data_base64',
    );
    const anything = fc.oneof(fc.jsonValue(), fc.json(), fc.constant('1.0'), fc.constant('com.example.placed'));
    const event = fc
      .dictionary(field, anything, { noNullPrototype: true })
      .map(fields => ({ ...toCloudEvent(envelope, about), ...fields }));
    fc.assert(
      fc.property(fc.oneof(event, fc.jsonValue(), fc.string()), given => {
        const code = codeOf(() => fromCloudEvent(given, Placed));
        expect(code === undefined || String(code).startsWith('CQRS_')).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['another version of the specification', { specversion: '0.3' }],
    ['no identifier', { id: '' }],
    ['no type', { type: undefined }],
    ['no source', { source: 5 }],
    ['bytes', { data_base64: 'AAAA' }],
    ['headers that are no text', { messageheaders: {} }],
    ['headers that are no JSON', { messageheaders: '{' }],
    ['headers that are a list', { messageheaders: '[]' }],
    ['no data', { data: null }],
  ])('refuses %s', (_name, fields) => {
    expect(codeOf(() => fromCloudEvent({ ...toCloudEvent(envelope, about), ...fields }, Placed))).toBe(
      'CQRS_ENVELOPE_MALFORMED',
    );
  });

  it.each([
    [{ specversion: '0.3' }, 'specversion'],
    [{ data_base64: 'AAAA' }, 'data_base64'],
    [{ source: '' }, 'source'],
    [{ messageheaders: '[]' }, 'messageheaders'],
  ])('names the attribute that is wrong: %j', (fields, where) => {
    const read = () => fromCloudEvent({ ...toCloudEvent(envelope, about), ...fields }, Placed);
    expect(read).toThrow(expect.objectContaining({ where }));
  });

  it('keeps the limits of the catalog for text', () => {
    const catalog = new MessageCatalog([Placed], { limits: { size: 10 } });
    const text = JSON.stringify(toCloudEvent(envelope, about)).padEnd(20_000);
    expect(codeOf(() => fromCloudEvent(text, catalog))).toBe('CQRS_ENVELOPE_TOO_LARGE');
    expect(codeOf(() => fromCloudEvent(text, Placed, { limits: { size: 10 } }))).toBe('CQRS_ENVELOPE_TOO_LARGE');
    expect(codeOf(() => fromCloudEvent(text, Placed))).toBeUndefined();
  });
});
