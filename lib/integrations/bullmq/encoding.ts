const ODD = /[^A-Za-z0-9_.-]/g;

const PLAIN = /^[A-Za-z0-9_.-]+$/;

const CODE = /~([0-9a-f]{4})/g;

/** Ids of the runs of a schedule, as BullMQ makes them. */
const SCHEDULED = /^repeat:[\w.~-]+:\d+$/;

/** BullMQ keeps jobs beside keys of its own, such as `wait`, and refuses ids that are whole numbers. */
const PREFIX = 'm-';

/** BullMQ takes no `:` in a name. Other characters than letters, digits, `_`, `.` and `-` become `~` and their code. */
export const encodeName = (name: string): string =>
  name.replace(ODD, unit => `~${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The opposite of `encodeName`. */
export const decodeName = (encoded: string): string =>
  encoded.includes('~')
    ? encoded.replace(CODE, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    : encoded;

/** The id that BullMQ has for a job. Runs of a schedule keep theirs. */
export const encodeId = (id: string): string => (SCHEDULED.test(id) ? id : `${PREFIX}${encodeName(id)}`);

/** The opposite of `encodeId`. A job that another program has made keeps its id. */
export function decodeId(encoded: string): string {
  if (!encoded.startsWith(PREFIX)) return encoded;
  if (PLAIN.test(encoded)) return encoded.slice(PREFIX.length);
  const id = decodeName(encoded.slice(PREFIX.length));
  return encodeId(id) === encoded ? id : encoded;
}

/** The ids that BullMQ may have for a job: that of a message, then that of a job that another program has made. */
export const possibleIds = (id: string): string[] => [encodeId(id), id];
