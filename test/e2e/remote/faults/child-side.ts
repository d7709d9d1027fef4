const reasons: string[] = [];
process.on('unhandledRejection', reason => void reasons.push(`rejection: ${describe(reason)}`));
process.on('uncaughtException', reason => void reasons.push(`exception: ${describe(reason)}`));
process.on('warning', warning => void (warning.name !== 'ExperimentalWarning' && reasons.push(`warning: ${warning}`)));

/** What reached the end of the process. */
export const escaped = (): string[] => reasons;

const describe = (reason: unknown): string => (reason instanceof Error ? String(reason.stack) : String(reason));

/** Answers what the parent asks. */
export function answerParent(answers: Record<string, (...given: never[]) => unknown>): void {
  process.on('message', ({ id, what, given }: { id: number; what: string; given: never[] }) => {
    const answer = async () => answers[what]!(...given);
    answer().then(
      result => process.send!({ id, result }),
      (error: unknown) => process.send!({ id, error: describe(error) }),
    );
  });
  process.on('disconnect', () => process.exit());
  process.send!({ ready: true });
}
