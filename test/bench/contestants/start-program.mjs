// One start in a process of its own: what is started, with how many handlers; prints the milliseconds it took.
import 'reflect-metadata';
import { starting } from './starts.mjs';

const [name, count] = process.argv.slice(2);
const spent = await starting(name, Number(count))();
process.stdout.write(String(spent), () => process.exit());
