export const majorOf = (version: string): number => Number.parseInt(version, 10);

/** Undefined for `>=9`, `*`, `latest`. */
export function highestMajor(range: string): number | undefined {
  if (/[>*]|latest|next/.test(range)) return undefined;
  const majors = [...range.matchAll(/(?<![\w.-])[v^~=]?(\d+)(?:\.[\dx]+)*/g)].map(([, major]) => Number(major));
  return majors.length === 0 ? undefined : Math.max(...majors);
}

/** Of a range such as `^11.0.0 || ^12.0.0`. */
export const majorsOf = (range: string): number[] => [...range.matchAll(/\^(\d+)/g)].map(([, major]) => Number(major));

/** Reads ranges as in `engines`: `^20.19.0 || >=22.12.0`. */
export const isInRange = (version: string, range: string): boolean =>
  range.split('||').some(part => {
    const [, operator, ...least] = /^\s*(\^|>=)(\d+)\.(\d+)\.(\d+)\s*$/.exec(part) ?? [];
    if (operator === undefined) return false;
    const [given, needed] = [version.split('.').map(Number), least.map(Number)];
    if (operator === '^' && given[0] !== needed[0]) return false;
    const i = needed.findIndex((number, i) => number !== given[i]);
    return i < 0 || given[i]! > needed[i]!;
  });
