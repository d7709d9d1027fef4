/**
 * V8 hashes numbers and bigints (lowest 64 bits) without a secret seed (`ComputeUnseededHash`, `ComputeLongHash` in
 * `src/utils/utils.h`, `BigInt::Hash`): a sender can choose Set or Map keys that share one chain, each compared with
 * all before. Counts the comparisons beforehand.
 */

const FEW = 1_024;

/** Keys that were not chosen take about one. */
const MAX_EACH = 16;

const double = new Float64Array(1);
const bits = new BigUint64Array(double.buffer);

export function collide(keys: readonly unknown[]): boolean {
  if (keys.length < FEW) return false;
  const chains = 2 ** (Math.ceil(Math.log2(keys.length)) - 1);
  const lengths = new Uint32Array(chains);
  let comparisons = 0;
  for (const key of keys) {
    const hash = guessableHash(key);
    if (hash !== undefined) comparisons += lengths[hash & (chains - 1)]!++;
  }
  return comparisons > MAX_EACH * keys.length;
}

/** Undefined without a hash, or with a seed. */
function guessableHash(key: unknown): number | undefined {
  if (typeof key === 'bigint') return hashOf64(BigInt.asUintN(64, key < 0n ? -key : key));
  if (typeof key !== 'number') return undefined;
  if (key === (key | 0)) return hashOf32(key);
  double[0] = key;
  return hashOf64(bits[0]!);
}

function hashOf32(key: number): number {
  let hash = (~key + (key << 15)) | 0;
  hash ^= hash >>> 12;
  hash = (hash + (hash << 2)) | 0;
  hash ^= hash >>> 4;
  hash = Math.imul(hash, 2_057);
  return hash ^ (hash >>> 16);
}

const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);

function hashOf64(key: bigint): number {
  let hash = wrap(~key + (key << 18n));
  hash ^= hash >> 31n;
  hash = wrap(hash * 21n);
  hash ^= hash >> 11n;
  hash = wrap(hash + (hash << 6n));
  hash ^= hash >> 22n;
  return Number(hash & 0x3f_ff_ff_ffn);
}
