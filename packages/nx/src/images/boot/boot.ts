import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { BootedImage, BootEnding, BootEntry, BootOutcome, BootReport, BootRound } from '@kdcube/release/internal';
import {
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
import { run } from '../../system/exec';
import { withUndo } from '../../system/undo';
import type { Log } from '../../system/log';
import { whileWaiting } from '../../system/log';
import type { Engine } from '../build/docker';
import { engineName } from '../build/docker';

/** What is booted: the image as the engine knows it, and what problems call it. */
export interface Boot extends BootedImage {
  reference: string;
  platform: string;
  entries: BootEntry[];
}

/** How much longer than its own limit the probe may be silent before the container is ended from outside. Milliseconds. */
const GRACE = 10_000;
/** More output than this and nobody would read it. */
const MOST_OUTPUT = 8 * 1024 * 1024;

/**
 * Starts the image and has every bundle imported, in one process as in the platform. A bundle that ends the process has failed, and the rest is tried in a
 * new one. Problem `boot-failed` where no bundle can be reached; bundles that fail are in the report.
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
    if (!goesOn || round.loader === undefined) throw new KdcubeError(imageProblem(round, ending, boot, engineName(engine)));
    if (outcomes.length === boot.entries.length)
      return { python: round.python!, user: round.user!, loader: round.loader, outcomes };
  }
}

/** One process of the first of these interpreters that the image has. */
async function bootRound(
  engine: Engine,
  boot: Boot,
  entries: BootEntry[],
  pythons: readonly string[],
  log: Log,
): Promise<[BootRound, BootEnding, string]> {
  const [python, ...others] = pythons;
  const round = newBootRound(randomBytes(16).toString('hex'));
  const ending = await inContainer(engine, boot, entries, python!, round, log);
  const notThere = ending.kind === 'exit' && (ending.code === 127 || ending.code === 126) && round.python === undefined;
  return notThere && others.length > 0 ? bootRound(engine, boot, entries, others, log) : [round, ending, python!];
}

async function inContainer(
  engine: Engine,
  { reference, platform, memory, timeout, image }: Boot,
  entries: BootEntry[],
  python: string,
  round: BootRound,
  log: Log,
): Promise<BootEnding> {
  const program = engineName(engine);
  const name = `${BOOT_NAME}${randomBytes(8).toString('hex')}`;
  const remove = ['rm', '--force', '--volumes', name];
  let because: 'stalled' | 'flooded' | undefined;
  const end = (why: 'stalled' | 'flooded') => {
    if (because) return;
    because = why;
    void run(program, remove, { cleansUp: true, timeout: 60_000 }).catch(() => undefined);
  };
  const patience = timeout * 1000 + GRACE;
  let timer = setTimeout(end, patience, 'stalled');
  let output = 0;
  const onLine = (line: string) => {
    output += line.length;
    if (output > MOST_OUTPUT) end('flooded');
    // What is said after that is no answer any more.
    if (because || !followBoot(round, line)) return;
    clearTimeout(timer);
    timer = setTimeout(end, patience, 'stalled');
  };
  const args = bootCommand({ name, reference, platform, python, probe: probe(), memory });
  const input = bootRequest(round.nonce, entries, timeout);
  const options = { input, onLine, ownExitCodes: true, maxBuffer: 2 * MOST_OUTPUT, timeout: (entries.length + 2) * patience };
  const waiting = () => `booting ${image}: ${round.underWay ? `importing ${round.underWay}` : 'starting'}`;
  // A signal leaves no time to wait for anything.
  const removeNow = () => void spawnSync(program, remove, { stdio: 'ignore', timeout: 10_000 });
  return withUndo(removeNow, async () => {
    try {
      const { exitCode } = await whileWaiting(log, waiting, run(program, args, options));
      if (because) return { kind: because };
      if (exitCode !== 0 && (await isRunning(program, name))) throw stopped(image);
      return { kind: 'exit', code: exitCode };
    } catch (error) {
      if (because) return { kind: because };
      // A line without an end is none yet: only the whole output grows.
      if (error instanceof KdcubeError && error.problems[0]?.code === 'command-failed') return { kind: 'flooded' };
      throw error;
    } finally {
      clearTimeout(timer);
      // It is gone by itself, but for a container whose client was ended before it.
      await run(program, remove, { cleansUp: true, timeout: 60_000 }).catch(() => undefined);
    }
  });
}

/** Whether a container is there still though its client has ended: that one was stopped then. */
async function isRunning(program: string, name: string): Promise<boolean> {
  const args = ['container', 'inspect', '--format', '{{.State.Running}}', name];
  const { exitCode, stdout } = await run(program, args, { timeout: 60_000 });
  return exitCode === 0 && stdout.toString('utf8').trim() === 'true';
}

function stopped(image: string): KdcubeError {
  return new KdcubeError({ code: 'interrupted', message: `The boot test of ${image} was stopped.` });
}

/** The text that the image's python is given. */
function probe(): string {
  return fs.readFileSync(path.join(__dirname, 'files/boot.py'), 'utf8');
}
