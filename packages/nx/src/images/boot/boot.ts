import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { BootedImage, BootEnding, BootEntry, BootOutcome, BootReport, BootRound } from '@kdcube/release/internal';
import {
  LIMITS,
  BOOT_NAME,
  bootCommand,
  bootRequest,
  endBootRound,
  followBoot,
  imageProblem,
  KdcubeError,
  newBootRound,
  PYTHONS,
} from '@kdcube/release/internal';
import { OWN_SECRETS, run } from '../../system/programs/exec';
import { withExitHandler } from '../../system/files/cleanup';
import type { Log } from '../../system/log';
import { withHeartbeat } from '../../system/log';
import type { Engine } from '../build/engine';
import { engineProgram } from '../build/engine';

/** The image to boot: its name in the engine, and its name in problems. */
export interface Boot extends BootedImage {
  reference: string;
  platform: string;
  entries: BootEntry[];
}

/** After its own timeout, the probe has this long until the container is removed. Milliseconds. */
const GRACE = 10_000;
/** The output limit. Characters. */
const MAX_OUTPUT = LIMITS.bootOutput.max;

/**
 * Starts the image and imports every bundle, in one process as the platform does. If a bundle ends the process, it has failed, and the
 * remaining bundles are imported in a new process. Problem `boot-failed` if no bundle can be imported; failed bundles are in the report.
 */
export async function bootImage(engine: Engine, boot: Boot, log: Log): Promise<BootReport> {
  const outcomes: BootOutcome[] = [];
  let python: string | undefined;
  for (;;) {
    const entries = boot.entries.filter(({ id }) => !outcomes.some((outcome) => outcome.id === id));
    const [round, ending, found] = await bootRound(engine, boot, entries, python ? [python] : PYTHONS, log);
    python = found;
    const goesOn = endBootRound(round, ending);
    outcomes.push(...round.outcomes);
    if (!goesOn || round.loader === undefined) throw new KdcubeError(imageProblem(round, ending, boot, engineProgram(engine)));
    if (outcomes.length === boot.entries.length)
      return { python: round.python!, user: round.user!, loader: round.loader, outcomes };
  }
}

/** Runs one process of the first of these interpreters that the image has. */
async function bootRound(
  engine: Engine,
  boot: Boot,
  entries: BootEntry[],
  pythons: readonly string[],
  log: Log,
): Promise<[BootRound, BootEnding, string]> {
  const [python, ...others] = pythons;
  const round = newBootRound(randomBytes(16).toString('hex'));
  const ending = await runInContainer(engine, boot, entries, python!, round, log);
  const isMissing = ending.kind === 'exit' && (ending.code === 127 || ending.code === 126) && round.python === undefined;
  return isMissing && others.length > 0 ? bootRound(engine, boot, entries, others, log) : [round, ending, python!];
}

async function runInContainer(
  engine: Engine,
  { reference, platform, memory, timeout, image }: Boot,
  entries: BootEntry[],
  python: string,
  round: BootRound,
  log: Log,
): Promise<BootEnding> {
  const program = engineProgram(engine);
  const name = `${BOOT_NAME}${randomBytes(8).toString('hex')}`;
  const remove = ['rm', '--force', '--volumes', name];
  let because: 'stalled' | 'flooded' | undefined;
  const end = (why: 'stalled' | 'flooded') => {
    if (because) return;
    because = why;
    void run(program, remove, { isCleanup: true, timeout: 60_000 }).catch(() => undefined);
  };
  const limit = timeout * 1000 + GRACE;
  let timer = setTimeout(end, limit, 'stalled');
  let output = 0;
  const onLine = (line: string) => {
    output += line.length;
    if (output > MAX_OUTPUT) end('flooded');
    // Lines after the container's removal do not count.
    if (because || !followBoot(round, line)) return;
    clearTimeout(timer);
    timer = setTimeout(end, limit, 'stalled');
  };
  const args = bootCommand({ name, reference, platform, python, probe: probe(), memory });
  const input = bootRequest(round.nonce, entries, timeout);
  const options = {
    input,
    keepsInputOpen: true,
    onLine,
    hasOwnExitCodes: true,
    maxBuffer: 2 * MAX_OUTPUT,
    timeout: (entries.length + 2) * limit,
  };
  const waiting = () => `booting ${image}: ${round.underWay ? `importing ${round.underWay}` : 'starting'}`;
  return withExitHandler(
    () => removeContainerSync(program, remove),
    async () => {
      try {
        const { exitCode } = await withHeartbeat(log, waiting, run(program, args, options));
        if (because) return { kind: because };
        if (exitCode !== 0 && (await isRunning(program, name))) throw bootStopped(image);
        return { kind: 'exit', code: exitCode };
      } catch (error) {
        if (because) return { kind: because };
        // Output without line breaks never reaches onLine, but exceeds maxBuffer.
        if (error instanceof KdcubeError && error.problems[0]?.code === 'command-failed') return { kind: 'flooded' };
        throw error;
      } finally {
        clearTimeout(timer);
        // Usually it is already gone, unless its client ended first.
        await run(program, remove, { isCleanup: true, timeout: 60_000 }).catch(() => undefined);
      }
    },
  );
}

/** How long to retry the removal of a container after a signal. Milliseconds. */
const REMOVE_FOR = 10_000;

/** Synchronous: after a signal there is no time to wait for a promise. Retries, because a removal that is already under way may be interrupted. */
function removeContainerSync(program: string, remove: string[]): void {
  const env = { ...process.env, ...OWN_SECRETS };
  for (const deadline = Date.now() + REMOVE_FOR; Date.now() < deadline;) {
    const { status, stderr } = spawnSync(program, remove, { encoding: 'utf8', timeout: REMOVE_FOR, env });
    if (status === 0 || status === null || /no such container/i.test(stderr)) return;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
}

/** Whether the container still runs: after its client has ended, this means that the client was stopped. */
async function isRunning(program: string, name: string): Promise<boolean> {
  const args = ['container', 'inspect', '--format', '{{.State.Running}}', name];
  const { exitCode, stdout } = await run(program, args, { timeout: 60_000 });
  return exitCode === 0 && stdout.toString('utf8').trim() === 'true';
}

function bootStopped(image: string): KdcubeError {
  return new KdcubeError({ code: 'interrupted', message: `The boot test of ${image} was stopped.` });
}

/** The program that runs in the image's Python. */
function probe(): string {
  return fs.readFileSync(path.join(__dirname, 'files/boot.py'), 'utf8');
}
