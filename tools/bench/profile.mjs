// node tools/bench/main.mjs --only profile: where the time of `nx affected -t docker-push` goes. Nx and the plugin run as they are; a hook in each Node process writes down what ran when.
import fs from 'node:fs';
import path from 'node:path';
import { nxAffected } from './candidates.mjs';
import { median } from './stats.mjs';
import { columns, seconds } from './table.mjs';

const HOOK = path.join(import.meta.dirname, 'profile-hook.cjs');

/** The phases of a run, in order; `ours`: code of this repository. */
const PHASES = [
  { key: 'start', name: 'Nx starts, until the plugin worker begins' },
  { key: 'worker', name: 'the plugin worker starts Node and Nx' },
  { key: 'loadPlugin', name: 'the plugin is loaded', ours: true },
  { key: 'graph', name: 'the plugin computes the graph (createNodes, createDependencies)', ours: true },
  { key: 'schedule', name: 'Nx builds the graph, hashes, starts the batch' },
  { key: 'batch', name: 'the batch process starts Node and Nx' },
  { key: 'loadExecutor', name: 'the executor is loaded', ours: true },
  { key: 'push', name: 'docker-push of two images', ours: true },
  { key: 'end', name: 'Nx ends' },
];

/** Resolves to the milliseconds of each phase, one entry a round; the first round warms up. */
export async function profileAffected({ world, rounds, say }) {
  const file = path.join(world.dir, 'profile.jsonl');
  const env = { KDCUBE_PROFILE: file, NODE_OPTIONS: `--require=${HOOK}` };
  const candidate = nxAffected(world, 'oci', { suffix: '-profile', env });
  const samples = [];
  for (let round = 0; round <= rounds; round += 1) {
    world.shop.change();
    fs.rmSync(file, { force: true });
    const startedAt = Date.now();
    const { ms } = await candidate.run();
    const lines = fs.readFileSync(file, 'utf8').trim().split('\n');
    const phases = phasesOf(
      lines.map((line) => JSON.parse(line)),
      { startedAt, endedAt: startedAt + ms },
    );
    say(`${round === 0 ? 'warm-up' : `round ${round}`}  nx affected -t docker-push: ${Math.round(ms)} ms`);
    if (round > 0) samples.push({ ...phases, total: ms });
  }
  return samples;
}

function phasesOf(processes, { startedAt, endedAt }) {
  const called = (name) => processes.find(({ calls }) => calls.some((call) => call.name === name));
  const worker = called('createNodesV2') ?? called('createNodes');
  const batch = processes.find((each) => each !== worker && each.calls.length > 0);
  if (!worker || !batch)
    throw new Error(`The profile has no plugin worker or no batch: ${JSON.stringify(processes.map(({ args }) => args))}`);
  const graphEnd = Math.max(...worker.calls.map(({ to }) => to));
  const workEnd = Math.max(...batch.calls.map(({ to }) => to));
  const sum = (spans) => spans.reduce((total, { from, to }) => total + to - from, 0);
  const phases = {
    start: worker.startedAt - startedAt,
    worker: worker.loads[0].from - worker.startedAt,
    loadPlugin: sum(worker.loads),
    graph: sum(worker.calls),
    batch: batch.loads[0].from - batch.startedAt,
    loadExecutor: sum(batch.loads),
    push: workEnd - batch.calls[0].from,
    end: endedAt - workEnd,
  };
  return { ...phases, schedule: batch.startedAt - graphEnd };
}

export function printProfile(samples) {
  const total = median(samples.map((sample) => sample.total));
  const share = (ms) => `${Math.round((100 * ms) / total)} %`;
  const lines = PHASES.map(({ key, name, ours }) => {
    const ms = median(samples.map((sample) => sample[key]));
    return [name, ours ? 'ours' : 'Nx', seconds(ms), share(ms)];
  });
  const ours = median(
    samples.map((sample) => PHASES.filter((phase) => phase.ours).reduce((sum, { key }) => sum + sample[key], 0)),
  );
  return `where the time of nx affected -t docker-push goes, two images, ${samples.length} rounds\n${columns([
    ['', '', 'median', 'share'],
    ...lines,
    ['all of it', '', seconds(total), ''],
    ['of it ours', '', seconds(ours), share(ours)],
  ])}`;
}
