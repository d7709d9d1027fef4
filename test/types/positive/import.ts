import * as cqrs from 'nestjs-cqrs';

export const names: string[] = Object.keys(cqrs);
