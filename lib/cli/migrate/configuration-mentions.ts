import type { Finding } from './finding.js';
import { looksLikeIncumbent, OWN_NAME } from './package-name.js';
import { placeAt, type SourceText } from './source-text.js';

const STRINGS = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g;

/** Lines that map the incumbent to this package are done. */
export function configurationMentions(source: SourceText): Finding[] {
  let offset = 0;
  return source.text.split('\n').flatMap(line => {
    const lineStart = offset;
    offset += line.length + 1;
    if (line.includes(OWN_NAME)) return [];
    return mentionsOf(line, source.file).map(([index, what]) => ({
      kind: 'mention' as const,
      place: placeAt(source, lineStart + index),
      what,
    }));
  });
}

function mentionsOf(line: string, file: string): [index: number, what: string][] {
  const quoted = [...line.matchAll(STRINGS)].filter(([text]) => looksLikeIncumbent(text.slice(1, -1)));
  if (quoted.length > 0 || /\.json[c5]?$/.test(file)) return quoted.map(match => [match.index, match[0]]);
  const bare = /(?<=^[^#]*)\S*@nestjs\/cqrs(?![\w-])\S*/.exec(line);
  return bare ? [[bare.index, bare[0]]] : [];
}
