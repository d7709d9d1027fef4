// `node --import ./sample/02-heroes/incumbent/register.js …` runs a program on @nestjs/cqrs in place of nestjs-cqrs.
import { register } from 'node:module';

register('./resolve.js', import.meta.url);
