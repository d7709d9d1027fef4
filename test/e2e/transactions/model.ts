/** A step of a program, within the handler of a command. */
export type Step =
  | { readonly do: 'insert' | 'publish' | 'enqueue' | 'break' | 'throw' }
  | {
      readonly do: 'send';
      readonly how: 'Whole' | 'Part' | 'Own';
      readonly steps: readonly Step[];
      readonly isCaught: boolean;
    };

/** What a program leaves. */
export interface Left {
  readonly isDone: boolean;
  /** Names of the steps whose effect is there. */
  readonly rows: readonly string[];
  readonly jobs: readonly string[];
  readonly handled: readonly string[];
}

/** A transaction, or a savepoint in one. */
class Frame {
  readonly rows: string[] = [];
  readonly jobs: string[] = [];
  readonly events: string[] = [];
  isDoomed = false;
  /** A statement has failed: PostgreSQL takes no other. */
  isBroken = false;

  take({ rows, jobs, events }: Frame): void {
    this.rows.push(...rows);
    this.jobs.push(...jobs);
    this.events.push(...events);
  }

  mustWork(): void {
    if (this.isBroken) throw new Error('broken');
  }

  mustEndWell(): void {
    if (this.isDoomed || this.isBroken) throw new Error('rolled back');
  }
}

/** What must be left of a program whose outermost command opens a unit of work. Each step has the name of its place. */
export function expectedOf(steps: readonly Step[]): Left {
  const left = new Frame();
  try {
    inTransaction(steps, '', left);
    return { isDone: true, rows: left.rows, jobs: left.jobs, handled: left.events };
  } catch {
    return { isDone: false, rows: left.rows, jobs: left.jobs, handled: left.events };
  }
}

function inTransaction(steps: readonly Step[], path: string, left: Frame): void {
  const frame = new Frame();
  run(steps, path, frame, left);
  frame.mustEndWell();
  left.take(frame);
}

function run(steps: readonly Step[], path: string, frame: Frame, left: Frame): void {
  for (const [index, step] of steps.entries()) runStep(step, `${path}.${index}`, frame, left);
}

function runStep(step: Step, path: string, frame: Frame, left: Frame): void {
  switch (step.do) {
    case 'throw':
      throw new Error('thrown');
    case 'break':
      frame.isBroken = true;
      return;
    case 'insert':
      frame.mustWork();
      frame.rows.push(path);
      return;
    case 'enqueue':
      frame.mustWork();
      frame.jobs.push(path);
      return;
    case 'publish':
      // Its handler in the transaction writes a row.
      if (frame.isBroken) frame.isDoomed = true;
      frame.mustWork();
      frame.rows.push(`${path}, checked`);
      frame.events.push(path);
      return;
    case 'send':
      try {
        send(step, path, frame, left);
      } catch (error) {
        if (!step.isCaught) throw error;
      }
  }
}

function send({ how, steps }: Extract<Step, { do: 'send' }>, path: string, frame: Frame, left: Frame): void {
  if (how === 'Own') return inTransaction(steps, path, left);
  if (how === 'Part') {
    frame.mustWork();
    const part = new Frame();
    run(steps, path, part, left);
    part.mustEndWell();
    return frame.take(part);
  }
  try {
    run(steps, path, frame, left);
  } catch (error) {
    frame.isDoomed = true;
    throw error;
  }
}
