import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunningApplication } from './running-application.js';

/** A start makes a database and, on a busy machine, takes its time. */
const PATIENCE = 120_000;

describe('the users application, started by npm start', () => {
  let directory: string;
  let app: RunningApplication;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nestjs-cqrs-users-'));
    app = await RunningApplication.start(join(directory, 'data'));
  }, PATIENCE);

  afterAll(async () => {
    await app?.stop('SIGTERM');
    await rm(directory, { recursive: true, force: true });
  }, PATIENCE);

  it('says where it listens, where its data are, and how messages are handled', () => {
    expect(app.text).toContain(`Listening on ${app.address}, data in ${join(directory, 'data')}`);
    const wiring = readFileSync(join(import.meta.dirname, 'wiring.txt'), 'utf8');
    expect(app.text).toContain(wiring.replace(/^/gm, '  ').trimEnd());
  });

  it('prints two curl lines that work', async () => {
    const [create, get, ...others] = app.curlLines;
    expect(others).toEqual([]);
    expect(await run(create!)).toEqual({ status: 201, body: { id: 'ada', email: 'ada@example.com' } });
    expect(await run(get!)).toEqual({ status: 200, body: { id: 'ada', email: 'ada@example.com' } });
  });

  it('answers 404 for a user that does not exist', async () => {
    expect((await app.get('/users/nobody')).status).toBe(404);
    expect((await app.get('/users/%00')).status).toBe(404);
  });

  it('chooses an id where the client does not', async () => {
    const created = await app.post('/users', '{"email":"grace@example.com"}');
    expect(created.status).toBe(201);
    const { id } = (await created.json()) as { id: string };
    expect(await (await app.get(`/users/${id}`)).json()).toEqual({ id, email: 'grace@example.com' });
  });

  it.each([
    ['the id', '{"id":"alan","email":"other@example.com"}'],
    ['the e-mail address', '{"id":"other","email":"Alan@example.com"}'],
  ])('answers 409 where %s is taken', async (_what, body) => {
    await app.post('/users', '{"id":"alan","email":"alan@example.com"}');
    expect((await app.post('/users', body)).status).toBe(409);
  });

  it('creates a user once, however many ask at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => app.post('/users', '{"id":"barbara","email":"barbara@example.com"}')),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409, 409, 409, 409, 409]);
  });

  it.each([
    ['what is no JSON', '{"email":'],
    ['what is no e-mail address', '{"id":"x","email":"nonsense"}'],
    ['an id with other signs', '{"id":"a b","email":"x@example.com"}'],
    ['an id that is no text', '{"id":5,"email":"x@example.com"}'],
    ['no e-mail address', '{"id":"x"}'],
    ['a list', '[]'],
    ['a list of users', '[{"id":"x","email":"x@example.com"}]'],
    ['null', 'null'],
    ['nothing', undefined],
  ])('answers 400 for %s', async (_what, body) => {
    expect((await app.post('/users', body)).status).toBe(400);
    expect((await app.get('/users/x')).status).toBe(404);
  });

  it('writes down every command and how it ended', async () => {
    await app.post('/users', '{"id":"edsger","email":"edsger@example.com"}');
    await app.post('/users', '{"id":"edsger","email":"edsger@example.com"}');
    const trail = (await (await app.get('/audit')).json()) as { id: string; command: string; outcome: string }[];
    expect(trail.slice(0, 2)).toEqual([
      expect.objectContaining({ command: 'CreateUser', outcome: expect.stringMatching(/^failed: There is a user/) }),
      expect.objectContaining({ command: 'CreateUser', outcome: 'done' }),
    ]);
    expect(new Set(trail.map(({ id }) => id)).size).toBe(trail.length);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends with code 0 on %s, and knows its users after a restart',
    async signal => {
      const id = `before-${signal}`;
      await app.post('/users', JSON.stringify({ id, email: `${id}@example.com` }));
      const { address } = app;

      expect(await app.stop(signal)).toBe(0);
      await expect(fetch(address)).rejects.toThrow('fetch failed');

      app = await RunningApplication.start(join(directory, 'data'));
      expect(await (await app.get(`/users/${id}`)).json()).toEqual({ id, email: `${id}@example.com` });
      expect((await app.post('/users', JSON.stringify({ id, email: 'new@example.com' }))).status).toBe(409);
    },
    PATIENCE,
  );

  it(
    'says so where the port is taken, and ends with code 1',
    async () => {
      const { port } = new URL(app.address);
      const second = RunningApplication.start('memory://', port);
      await expect(second).rejects.toThrow(new RegExp(`ended with code 1:[^]*Cannot listen on port ${port}: `));
    },
    PATIENCE,
  );

  it('proposes a user that does not exist yet after a restart', async () => {
    expect(await run(app.curlLines[0]!)).toMatchObject({ status: 201 });
  });
});

/** Runs a line as a reader would; where curl is not installed, sends what curl would send. */
async function run(line: string): Promise<{ status: number; body: unknown }> {
  const { stdout, error } = spawnSync('sh', ['-c', `${line} -sS`], { encoding: 'utf8' });
  if (error || !stdout.startsWith('HTTP/')) return send(line);
  const [head, body] = stdout.split('\r\n\r\n');
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head!)![1]), body: JSON.parse(body!) };
}

async function send(line: string): Promise<{ status: number; body: unknown }> {
  const [, address, header, body] = /^curl -i (\S+)(?: -H 'content-type: (\S+)' -d '(.+)')?$/.exec(line)!;
  const request = body === undefined ? {} : { method: 'POST', headers: { 'content-type': header! }, body };
  const response = await fetch(address!, request);
  return { status: response.status, body: await response.json() };
}
