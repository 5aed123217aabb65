// Interleaved rounds: in each of them every candidate bakes a change of its own, and what it says it did is looked at in the registry.
import { look } from './look.mjs';

/**
 * Runs the scenario and resolves to one list of samples a candidate: { key, name, samples: [{ ms, own?, rss?, sent?, received? }] }. The first round warms up and does not count. `count`: bytes on the
 * line since it was asked last, where they are counted. A wrong result, or a failure, ends everything: a number beside a wrong image would be worse than none.
 */
export async function runRounds({ candidates, rounds, cold, shop, base, direct, count, say }) {
  const results = candidates.map(({ key, name }) => ({ key, name, samples: [] }));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, candidate] of candidates.entries()) {
      shop.change(candidate);
      if (cold && round > 0) await candidate.cold?.();
      await candidate.prepare?.();
      await count?.();
      const { references, ...sample } = await candidate.run();
      const counted = await count?.();
      await check(candidate, references, { base, shop, direct });
      say(`${round === 0 ? 'warm-up' : `round ${round}`}  ${candidate.name}: ${Math.round(sample.ms)} ms`);
      if (round > 0) results[index].samples.push({ ...sample, sent: counted?.up, received: counted?.down });
    }
  }
  return results;
}

/** Every image of a candidate, by the digest that it says, or by the tag that it pushes; twice the same digest means that nothing new was pushed. */
async function check(candidate, references, { base, shop, direct }) {
  candidate.seen ??= new Set();
  for (const [index, repository] of candidate.repositories.entries()) {
    const digest = await look(direct, repository, references?.[index] ?? 'latest', { base, files: shop.files });
    const seen = `${repository} ${digest}`;
    if (candidate.seen.has(seen)) throw new Error(`${candidate.name} left ${seen}, which was there before.`);
    candidate.seen.add(seen);
  }
}
