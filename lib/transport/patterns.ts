import type { MessageKind } from '../messages/message.js';

/** Brokers give a meaning to spaces, `*`, `#` and `>`. */
const encoded = (name: string): string =>
  name.replace(/[^\w.-]/g, character => `~${character.codePointAt(0)!.toString(16)}~`);

/** The pattern of a message; dots part its words on every broker. */
export const messagePattern = (kind: MessageKind, name: string): string => `cqrs.${kind}.${encoded(name)}`;

export const cancelPattern = (server: string): string => `cqrs.cancel.${server}`;

export const morePattern = (server: string): string => `cqrs.more.${server}`;
