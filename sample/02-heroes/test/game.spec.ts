import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { AppModule } from '../src/app.module.js';
import { LiveEvents } from './live-events.js';

describe('the game over HTTP', () => {
  let app: INestApplication;
  let live: LiveEvents;
  const post = (path: string) => request(app.getHttpServer()).post(path);
  const get = (path: string) => request(app.getHttpServer()).get(path);

  beforeEach(async () => {
    const moduleRef = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = moduleRef.createNestApplication({ forceCloseConnections: true });
    await app.listen(0, '127.0.0.1');
    live = await LiveEvents.open(await app.getUrl());
  });

  afterEach(async () => {
    live.close();
    await app.close();
  });

  it('shows a kill and, caused by it, the item that the dragon guarded', async () => {
    await post('/heroes/sigurd/kill/fafnir').expect(204);

    expect(await live.next(2)).toEqual([
      { type: 'DragonKilled', data: { dragonId: 'fafnir', heroId: 'sigurd', item: 'a cursed ring' } },
      { type: 'ItemFound', data: { heroId: 'sigurd', item: 'a cursed ring' } },
    ]);
  });

  it('gives the item to the hero who killed the dragon, and writes both into the chronicle', async () => {
    await post('/heroes/sigurd/kill/fafnir').expect(204);
    await live.next(2);

    const { body } = await get('/game').expect(200);

    expect(body.heroes).toEqual([
      { id: 'sigurd', name: 'Sigurd', items: ['a cursed ring'] },
      { id: 'atalanta', name: 'Atalanta', items: [] },
    ]);
    expect(body.dragons.map(({ id, killedBy }: any) => [id, killedBy])).toEqual([
      ['fafnir', 'sigurd'],
      ['ladon', null],
      ['yamata', null],
    ]);
    expect(body.chronicle).toEqual(['sigurd killed fafnir', 'sigurd found a cursed ring']);
    await get('/heroes/sigurd').expect(200, body.heroes[0]);
  });

  it('lets a dragon die once', async () => {
    await post('/heroes/sigurd/kill/fafnir').expect(204);
    const { status, body } = await post('/heroes/atalanta/kill/fafnir');
    expect({ status, body }).toEqual({ status: 409, body: { message: 'Fafnir is already dead.' } });
  });

  it('lets a dragon die once when two heroes meet it at the same moment', async () => {
    const answers = await Promise.all([post('/heroes/sigurd/kill/ladon'), post('/heroes/atalanta/kill/ladon')]);

    expect(answers.map(({ status }) => status).toSorted()).toEqual([204, 409]);
    const events = await live.next(2);
    expect(events.map(({ type }) => type)).toEqual(['DragonKilled', 'ItemFound']);
  });

  it('gives a hero every item when dragons die at the same moment', async () => {
    await Promise.all([post('/heroes/sigurd/kill/ladon'), post('/heroes/sigurd/kill/yamata')]);
    await live.next(4);

    const { body } = await get('/heroes/sigurd');

    expect(body.items.toSorted()).toEqual(['a golden apple', 'a sword found in its tail']);
  });

  it('answers 404 for heroes and dragons that do not exist', async () => {
    const answers = await Promise.all([
      post('/heroes/nobody/kill/fafnir'),
      post('/heroes/sigurd/kill/nessie'),
      get('/heroes/nobody'),
    ]);
    expect(answers.map(({ status, body }) => [status, body.message])).toEqual([
      [404, 'There is no hero "nobody".'],
      [404, 'There is no dragon "nessie".'],
      [404, 'There is no hero "nobody".'],
    ]);
  });

  it('closes while somebody is watching', async () => {
    await post('/heroes/sigurd/kill/fafnir').expect(204);
    await app.close();

    const events = await live.next(2);

    expect(events.map(({ type }) => type)).toEqual(['DragonKilled', 'ItemFound']);
    await expect(live.next(1)).rejects.toThrow(/terminated|The game has ended/);
  });
});
