// Adds one link to a file, so many times: argv is the file, and the number.
import { addToFile } from '../../../lib/testing/links-file.js';

const [file, times] = process.argv.slice(2);
for (let time = 0; time < Number(times); time++)
  addToFile(file!, { since: '2026-01', links: [{ from: 'outside', to: 'event:A', count: 1 }] });
