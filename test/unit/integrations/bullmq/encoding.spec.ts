import {
  decodeId,
  decodeName,
  encodeId,
  encodeName,
  possibleIds,
} from '../../../../lib/integrations/bullmq/encoding.js';

const TEXTS = ['mail.send', 'a:b', 'a_b', 'a-b', '~003a', '~', '', ' ', '123', '{x}', 'ünï 💌', '\ud800', '\n', 'A'];

describe('a name in BullMQ', () => {
  it.each(TEXTS)('can be read back: %j', name => {
    expect(decodeName(encodeName(name))).toBe(name);
  });

  it('differs where names differ, and holds no colon', () => {
    const encoded = TEXTS.map(encodeName);
    expect(new Set(encoded).size).toBe(TEXTS.length);
    expect(encoded.join('')).toMatch(/^[\w.~-]*$/);
  });

  it('stays as it is where it is plain', () => {
    expect(encodeName('billing.card-declined_2')).toBe('billing.card-declined_2');
  });
});

describe('an id in BullMQ', () => {
  it.each([...TEXTS, 'wait', 'm-1', 'repeat:a', 'repeat:a:b:1', 'repeat:a:1'])('can be read back: %j', id => {
    expect(decodeId(encodeId(id))).toBe(id);
  });

  it('is neither a number nor a key of BullMQ', () => {
    expect(['17', 'wait', 'a:b'].map(encodeId)).toEqual(['m-17', 'm-wait', 'm-a~003ab']);
  });

  it('stays as it is for a run of a schedule', () => {
    expect(encodeId('repeat:a~003anightly:1764400000000')).toBe('repeat:a~003anightly:1764400000000');
  });

  it.each(['17', 'by-hand', 'm-a b', 'm-~003A', 'm-repeat~003aa~003a1'])(
    'of a job that another program has made is told as it is, and found: %j',
    id => {
      expect(decodeId(id)).toBe(id);
      expect(possibleIds(id)).toContain(id);
    },
  );

  it('is that of a message first', () => {
    expect(possibleIds('17')).toEqual(['m-17', '17']);
  });
});
