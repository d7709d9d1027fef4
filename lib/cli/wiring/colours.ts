import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Colours a text if the terminal shows colours. */
export type Paint = (style: Style, text: string) => string;

// The stream has been looked at, as far as there is one.
const coloured: Paint = (style, text) => styleText(style, text, { validateStream: false });

const plain: Paint = (_style, text) => text;

export const paintFor = (isColoured: boolean | undefined): Paint => (isColoured === true ? coloured : plain);

/** Headings stand out, arrows and places stand back. */
export const paintedWiring = (text: string, paint: Paint): string =>
  text
    .split('\n')
    .map(line => (/^\S/.test(line) ? paint('bold', line) : line.replaceAll(' → ', paint('dim', ' → '))))
    .join('\n');

/** As `paintedWiring`; places of the code stand back. */
export const paintedExplanation = (text: string, paint: Paint): string =>
  text
    .split('\n')
    .map(line => {
      const [, said = line, place = ''] = /^(.*?)( {3}\S+:\d+)$/.exec(line) ?? [];
      return `${/^\S/.test(said) ? paint('bold', said) : said}${paint('dim', place)}`;
    })
    .join('\n');
