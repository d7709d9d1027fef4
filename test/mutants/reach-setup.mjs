// Runs in every test file while the reach is measured: writes down which parts of `lib` the file ran.
import { writeReached } from './reached.mjs';

const write = writeReached();

// Programs that the file starts say for which file they run.
beforeAll(() => void (process.env.MUTANTS_TEST = expect.getState().testPath));
afterAll(() => write());
