// What was promised, and what came out.
import { median } from './stats.mjs';
import { bytes, ratioOf, times } from './table.mjs';

/** Our own time, without node's start, which is the same for everything that is written for it: in a process that begins, and as a library call in one that has done it before. */
const OURS = { 'fresh-own': 'a new process', warm: 'a library call' };

/** `measured`: rows by scenario. */
export function goalsOf(measured) {
  const atLeast = (scenario, other, least, one, name) => {
    const value = measured[scenario] && ratioOf(measured[scenario], one, other);
    return { text: `${scenario}: ${name} ≥ ${least} × ${other}`, value, shown: times(value), held: value >= least };
  };
  const ours = (scenario, other, least) => Object.entries(OURS).map(([key, name]) => atLeast(scenario, other, least, key, name));
  const atMost = (text, value, most, show) => ({ text, value, shown: show(value), held: value <= most });
  const rows = Object.values(measured).filter(Array.isArray).flat();
  const most = (key, pick) => {
    const found = rows
      .filter((row) => row.key === key)
      .flatMap(({ samples }) => samples.map(pick).filter((value) => value !== undefined));
    return found.length > 0 ? Math.max(...found) : undefined;
  };
  const cold = (scenario) => median(measured[scenario]?.find(({ key }) => key === 'fresh-own')?.ms ?? []);
  const [small, large] = [cold('cold'), cold('cold-large')];
  return [
    ...ours('warm', 'buildx', 5),
    ...ours('warm', 'crane', 1.15),
    ...ours('slow', 'buildx', 6),
    ...ours('slow', 'crane', 2.2),
    ...ours('cold', 'buildx', 30),
    ...ours('cold', 'crane', 1),
    ...ours('cold-large', 'buildx', 70),
    ...ours('cold-large', 'crane', 1),
    atMost('cold: large base ≤ 1.2 × small base', small && large ? large / small : undefined, 1.2, times),
    atMost(
      'sent for one changed bundle and one tag ≤ 45 kB',
      most('one', ({ sent }) => sent),
      45_000,
      bytes,
    ),
    atMost(
      'memory ≤ 150 MB',
      most('fresh', ({ rss }) => rss),
      150e6,
      bytes,
    ),
    atLeast('nx', 'nx-buildx', 2, 'nx-oci', 'nx affected'),
    atMost('staging ≤ 1.5 × git archive', invert(measured.staging && ratioOf(measured.staging, 'stage', 'archive')), 1.5, times),
    ...rolloutGoals(measured.rollout),
  ];
}

/** In virtual seconds: exact, whatever else the machine does. */
function rolloutGoals({ together, failed, floor } = {}) {
  const goal = (text, value, most, show) => ({
    text,
    value,
    shown: value === undefined ? '–' : show(value),
    held: value <= most,
  });
  const all = [...(together?.waves ?? []), ...(failed?.waves ?? [])];
  const poll = Math.max(...all.map(({ longest }) => longest));
  // One that ended badly has taken no time that can be compared.
  const more = together && (together.exit === 0 ? together.seconds - floor : Infinity);
  return [
    goal('rollout: the longest of each wave, + 1 poll', more, poll, (value) => `+ ${value} s`),
    goal(
      'rollout: DescribeServices ≤ 1 a poll',
      together && Math.max(...all.map(({ calls, polls }) => calls / polls)),
      1,
      (value) => value.toFixed(2),
    ),
    goal('rollout: failure event → exit ≤ 1 poll', failed && (failed.late ?? Infinity), poll, (value) => `${value} s`),
  ];
}

function invert(value) {
  return value === undefined ? undefined : 1 / value;
}
