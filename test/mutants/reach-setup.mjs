// Runs in every test file while the reach is measured: writes down which parts of `lib` the file ran.
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const parts = new Set();
globalThis.__reached = part => parts.add(part);

afterAll(() => {
  const { testPath } = expect.getState();
  const report = JSON.stringify({ test: testPath, parts: [...parts] });
  writeFileSync(join(process.env.MUTANTS_REPORTS, `${randomUUID()}.json`), report);
});
