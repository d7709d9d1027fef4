// @ts-expect-error: no such export
import { NoSuchExport } from 'nestjs-cqrs';

export type Unknown = NoSuchExport;
