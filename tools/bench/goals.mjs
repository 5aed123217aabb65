// The goals of the bench, and whether they were reached.
import { median } from './stats.mjs';
import { bytes, ratioOf, times } from './table.mjs';

/** `measured`: rows by scenario. */
export function goalsOf(measured) {
  const call = (scenario, peer, least) =>
    atLeast(measured[scenario], 'warm', peer, least, `${scenario}: a library call ≥ ${least} × ${peer}`);
  return [
    atLeast(measured.nx, 'nx-oci', 'nx-buildx', 2, 'nx affected -t docker-push ≥ 2 × the same through buildx'),
    call('warm', 'buildx', 5),
    call('warm', 'crane', 1),
    call('slow', 'crane', 2),
    call('cold', 'buildx', 30),
    atMost('cold: large base ≤ 1.2 × small base', largeBesideSmall(measured), 1.2, times),
    atMost('sent for one changed bundle and one tag ≤ 45 kB', largest(measured, 'one', 'sent'), 45_000, bytes),
    atMost('memory ≤ 150 MB', largest(measured, 'fresh', 'rss'), 150e6, bytes),
    atMost('staging ≤ 1.5 × git archive', ratioOf(measured.staging, 'archive', 'stage'), 1.5, times),
    atMost('500 bundles: nx show projects ≤ 1.2 × plain projects', ratioOf(measured.many, 'show-plain', 'show-ours'), 1.2, times),
    atMost('500 bundles: one changed bundle pushed ≤ 2 × of 50', ratioOf(measured.many, 'push-50', 'push-500'), 2, times),
    atMost(
      'reuse of workspace bundles, new clone ≤ 2 × verified before',
      ratioOf(measured.reuse, 'reuse-known', 'reuse-clone'),
      2,
      times,
    ),
    atMost('reuse of pinned bundles ≤ 1.3 × a cold stage', ratioOf(measured.pinned, 'stage-cold', 'reuse-pinned'), 1.3, times),
    ...rolloutGoals(measured.rollout),
  ];
}

function atLeast(rows, ours, peer, least, text) {
  const value = ratioOf(rows, ours, peer);
  return { text, value, shown: times(value), reached: value >= least };
}

function atMost(text, value, most, show) {
  return { text, value, shown: value === undefined ? '–' : show(value), reached: value <= most };
}

function largeBesideSmall(measured) {
  const [small, large] = ['cold', 'cold-large'].map((scenario) =>
    median(measured[scenario]?.find(({ key }) => key === 'warm')?.ms ?? []),
  );
  return small && large && large / small;
}

/** The largest sample of a candidate in all scenarios. */
function largest(measured, candidate, field) {
  const samples = Object.values(measured)
    .filter(Array.isArray)
    .flat()
    .filter(({ key }) => key === candidate)
    .flatMap((row) => row.samples.map((sample) => sample[field]))
    .filter((value) => value !== undefined);
  return samples.length > 0 ? Math.max(...samples) : undefined;
}

/** In virtual seconds: the same on every machine. */
function rolloutGoals({ together, failed, floor } = {}) {
  const all = [...(together?.waves ?? []), ...(failed?.waves ?? [])];
  const poll = Math.max(...all.map(({ longest }) => longest));
  // The duration of a deploy that failed says nothing.
  const more = together && (together.exit === 0 ? together.seconds - floor : Infinity);
  const calls = together && Math.max(...all.map((wave) => wave.calls / wave.polls));
  const delay = failed && (failed.delay ?? Infinity);
  return [
    atMost('rollout: the longest of each wave, + 1 poll', more, poll, (value) => `+ ${value} s`),
    atMost('rollout: DescribeServices ≤ 1 a poll', calls, 1, (value) => value.toFixed(2)),
    atMost('rollout: failure event → exit ≤ 1 poll', delay, poll, (value) => `${value} s`),
  ];
}
