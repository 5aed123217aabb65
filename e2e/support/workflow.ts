// Runs the jobs of a generated workflow on this machine: each `run:` as a runner would, each `uses:` by a stand-in that is named here.
import { parse } from 'yaml';
import type { Ran } from './run';
import type { Workspace } from './workspace';

interface Step {
  uses?: string;
  run?: string;
  env?: Record<string, string>;
}

export interface Workflow {
  env?: Record<string, string>;
  jobs: Record<string, { needs?: string; steps: Step[] }>;
}

/** What the workspace of a test already has: a checkout, Node.js and an identity. */
const PROVIDED = ['actions/checkout', 'actions/setup-node', 'aws-actions/configure-aws-credentials'];
/** Done once for the workspace. */
const DONE = /^npm ci$/;

export interface JobRun {
  /** The values of `${{ … }}`, by their text. */
  values?: Record<string, string>;
  env?: Record<string, string>;
  /** Commands that ask what no stand-in of this suite has. */
  skip?: RegExp;
}

export function readWorkflow(text: string): Workflow {
  return parse(text) as Workflow;
}

/** Runs the steps of a job in their order, until one fails. Returns the last one that ran. */
export async function runJob(
  place: Workspace,
  { jobs, env: shared = {} }: Workflow,
  id: string,
  options: JobRun = {},
): Promise<Ran> {
  const { values = {}, env = {}, skip } = options;
  const fill = (text: string) => text.replace(/\$\{\{ (.*?) \}\}/g, (_, name: string) => values[name] ?? unknown(name));
  let last: Ran | undefined;
  for (const { uses, run: script, env: own = {} } of jobs[id]!.steps) {
    if (uses !== undefined) {
      if (!PROVIDED.some((each) => uses.startsWith(`${each}@`))) throw new Error(`no stand-in for ${uses}`);
      continue;
    }
    const command = fill(script!.trim());
    if (DONE.test(command) || skip?.test(command)) continue;
    const ownEnv = Object.fromEntries(Object.entries(own).map(([name, value]) => [name, fill(value)]));
    last = await place.run('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', command], {
      env: { ...shared, ...env, ...ownEnv },
    });
    if (last.exitCode !== 0) return last;
  }
  return last!;
}

function unknown(name: string): never {
  throw new Error(`the test has no value for \${{ ${name} }}`);
}
