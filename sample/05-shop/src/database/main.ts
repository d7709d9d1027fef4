import { runUntilParentEnds } from '../child.js';
import { Postgres } from './postgres.js';

// Ctrl+C reaches this process, also while PostgreSQL starts.
process.on('SIGINT', () => undefined);
const postgres = new Postgres();
process.once('exit', () => postgres.closeNow());
process.once('SIGTERM', () => process.exit(1));
const url = await postgres.start();
runUntilParentEnds(postgres, url);
