/** Count scores in equal bins from 0 to 1; those beyond are in the outermost. */
export function spreadOf(scores: readonly number[], bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const score of scores) {
    const bin = Math.min(Math.max(Math.floor(score * bins), 0), bins - 1);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}
