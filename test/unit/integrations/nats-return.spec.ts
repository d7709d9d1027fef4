import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { NatsReturn } from '../../../lib/integrations/microservices/nats-return.js';
import { pending, quiet, until } from '../../support/waiting.js';

/** A server of NATS whose broker is given up when the test says so. */
function server() {
  const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  const log = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
  const connections: { readonly giveUp: () => void; readonly closed: jest.Mock }[] = [];
  const state = { listened: 0, closed: 0, failures: 0, listening: async (): Promise<void> => undefined };
  const listen = async () => {
    state.listened += 1;
    await state.listening();
    if (state.failures-- > 0) throw new Error('away');
    const { promise, finish } = pending();
    connections.push({ giveUp: finish, closed: jest.fn(() => promise) });
  };
  const given = { unwrap: () => connections.at(-1), close: () => (state.closed += 1) };
  return { made: new NatsReturn('billing', given, listen, 1), state, connections, error, log };
}

afterEach(() => void jest.restoreAllMocks());

describe('A server of NATS that has lost its broker', () => {
  it('says so, and listens again until it can; then again for the new connection', async () => {
    const { made, state, connections, error, log } = server();
    await made.listenAndStay();
    state.failures = 2;
    connections[0]!.giveUp();
    await until(() => connections.length === 2);
    await quiet();
    expect([state.listened, error.mock.calls.length, log.mock.calls]).toEqual([
      4,
      1,
      [['The server billing (nats) gets messages again.']],
    ]);
    connections[1]!.giveUp();
    await until(() => connections.length === 3);
    expect(error).toHaveBeenCalledTimes(2);
    expect(state.closed).toBe(0);
    made.stop();
  });

  it('does nothing once the application closes', async () => {
    const { made, state, connections, error } = server();
    await made.listenAndStay();
    made.stop();
    connections[0]!.giveUp();
    await new Promise(resolve => setTimeout(resolve, 10));
    expect([state.listened, error.mock.calls]).toEqual([1, []]);
  });

  it('tries no more when the application closes meanwhile', async () => {
    const { made, state, connections } = server();
    await made.listenAndStay();
    state.failures = Infinity;
    connections[0]!.giveUp();
    await until(() => state.listened > 2);
    made.stop();
    await quiet();
    const { listened } = state;
    await new Promise(resolve => setTimeout(resolve, 10));
    expect(state.listened).toBe(listened);
  });

  it('is closed again where the application has closed while it came back', async () => {
    const { made, state, connections, log } = server();
    await made.listenAndStay();
    const listening = pending();
    state.listening = () => listening.promise;
    connections[0]!.giveUp();
    await until(() => state.listened === 2);
    made.stop();
    listening.finish();
    await until(() => state.closed === 1);
    expect(log).not.toHaveBeenCalled();
  });

  it('watches each connection once', async () => {
    const { made, connections } = server();
    await made.listenAndStay();
    made.watch();
    made.watch();
    expect(connections.map(({ closed }) => closed.mock.calls.length)).toEqual([1]);
    made.stop();
  });

  it.each([{}, { unwrap: () => undefined }, { unwrap: () => ({}) }])('is not known of one like %p', async given => {
    const listen = jest.fn(async () => undefined);
    await new NatsReturn('billing', { close: () => undefined, ...given }, listen).listenAndStay();
    expect(listen).toHaveBeenCalledTimes(1);
  });
});
