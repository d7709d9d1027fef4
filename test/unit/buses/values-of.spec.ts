import { NEVER } from 'rxjs';
import { valuesOf } from '../../../lib/buses/row-stream.js';

describe('The values of a stream', () => {
  it('end for a reader that waits, when the signal is aborted', async () => {
    const end = new AbortController();
    const waiting = valuesOf(NEVER, end.signal).next();
    end.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });
});
