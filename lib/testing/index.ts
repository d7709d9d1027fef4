export { MemoryRemote } from './memory-remote.js';
