// Interleaved rounds: in each of them every candidate pushes a change of its own, and the pushed image is checked in the registry.
import { checkImage } from './check-image.mjs';

/**
 * Runs the scenario and resolves to one list of samples a candidate: { key, name, samples: [{ ms, own?, rss?, sent?, received? }] }. The first round warms up and does not count. `count`: bytes on the
 * line since the last call, where they are counted. A wrong result or a failure ends the bench: a number beside a wrong image would be worse than none.
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

/** Checks each image of a candidate, by the digest that it reports or the tag that it pushes. The same digest twice means that nothing new was pushed. */
async function check(candidate, references, { base, shop, direct }) {
  candidate.seen ??= new Set();
  for (const [index, repository] of candidate.repositories.entries()) {
    const digest = await checkImage(direct, repository, references?.[index] ?? 'latest', { base, files: shop.files });
    const seen = `${repository} ${digest}`;
    if (candidate.seen.has(seen)) throw new Error(`${candidate.name} pushed nothing new: ${seen} was in the registry before.`);
    candidate.seen.add(seen);
  }
}
