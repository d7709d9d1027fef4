/** Words that readers stumble over, and what to write instead (plain English: the subject is the thing or the reader). */
export const WORDS: readonly { readonly word: RegExp; readonly instead: string }[] = [
  {
    word: /\b(whoever|somebody|nobody|anybody)\b/gi,
    instead: 'name the thing or the reader: the caller, Nest, a handler, you',
  },
  { word: /\bshall\b/gi, instead: 'must, or the present tense' },
  { word: /\bmend(s|ed|ing)?\b/gi, instead: 'fix' },
  { word: /\bof the start\b/gi, instead: 'at startup' },
  { word: /\blies? around\b/gi, instead: 'wraps' },
  { word: /\bhurts? (nobody|no one)\b/gi, instead: 'say what does not happen' },
  {
    word: /\b(?<!there )is no (class|function|schema|folder|object|text|event|option|handler|middleware|instance|envelope|list)\b/gi,
    instead: 'is not a …',
  },
];
