import { channel } from 'node:diagnostics_channel';
import { watchHttp } from '../../../../lib/testing/flow/watch-http.js';

const CHANNELS = [
  'http.client.request.created',
  'http.client.request.start',
  'undici:request:create',
  'undici:client:sendHeaders',
  'http.server.request.start',
];

const listening = () => CHANNELS.map(name => channel(name).hasSubscribers);

describe('what requests over HTTP cost', () => {
  it('nothing where no flow goes on: Node tells of them from the first to the last', () => {
    const counts = [listening()];
    const [one, other] = [watchHttp(), watchHttp()];
    counts.push(listening());
    one();
    counts.push(listening());
    other();
    counts.push(listening());
    const again = watchHttp();
    counts.push(listening());
    again();
    counts.push(listening());
    const all = (is: boolean) => CHANNELS.map(() => is);
    expect(counts).toEqual([all(false), all(true), all(true), all(false), all(true), all(false)]);
  });
});
