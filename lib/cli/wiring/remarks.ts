import type { WiringDocument } from '../../index.js';
import type { Paint } from './colours.js';

/** Mistakes, and what a preview could not see: such a document is not the whole truth. */
export function remarksOn({ problems, unseen = [] }: WiringDocument, paint: Paint): string {
  const mistakes = problems.map(
    ({ code, what, where, remedy }) =>
      `  ${paint('red', what)}${where === undefined ? '' : ` Where: ${where}.`} ${remedy} [${code}]`,
  );
  return [
    ...(mistakes.length > 0
      ? [paint('bold', `The wiring has ${counted(mistakes.length, 'problem')}:`), ...mistakes]
      : []),
    ...(unseen.length > 0
      ? [
          paint(
            'bold',
            `INCOMPLETE: without instances, ${counted(unseen.length, 'provider')} could not be seen. --instantiate shows all.`,
          ),
          ...unseen.map(({ provider, why }) => `  ${paint('yellow', provider)}: ${why}`),
        ]
      : []),
  ].join('\n');
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
