import * as fs from 'node:fs';
import * as path from 'node:path';
import { KdcubeError } from '@kdcube/release/internal';
import { firstLine, run, tail } from '../../system/programs/exec';
import { withTemporaryDir } from '../../system/files/files';
import type { Log } from '../../system/log';
import { withHeartbeat } from '../../system/log';
import { isInterrupted } from '../../system/programs/signals';

/** A container engine that builds images on this machine. */
export type Engine = 'buildx' | 'podman';

/** What builds an image. `oci`: daemonless; `auto`: daemonless if the Dockerfile allows it, else the first engine that runs. */
export type Builder = 'auto' | 'oci' | Engine;

/** The arguments of a build. */
export interface EngineBuild {
  /** The folder with the Dockerfile and all files that it copies. */
  context: string;
  /** The Dockerfile's name in the context. */
  dockerfile: string;
  /** The image's name in the engine's own store. */
  tag: string;
  platform: string;
  args: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
  /** The image's `created`, in seconds since 1970. Default: the engine's clock. */
  created?: number;
  /** Every base comes from a registry over plain HTTP. docker uses it for loopback by default, podman needs a flag. */
  plainHttp?: boolean;
}

/** The engine to use: the configured one, else the first that responds. Problem `engine-missing`. */
export async function findEngine(wanted: 'auto' | Engine): Promise<Engine> {
  const reasons: string[] = [];
  for (const engine of wanted === 'auto' ? (['buildx', 'podman'] as const) : [wanted]) {
    const why = await whyUnavailable(engine);
    if (why === undefined) return engine;
    reasons.push(`${engine}: ${why}`);
  }
  throw new KdcubeError({
    code: 'engine-missing',
    message: `No container engine to build with.\n${reasons.join('\n')}`,
    hint: 'start docker (with buildx) or install podman; whatever needs no engine (validate, stage, descriptor) works without',
  });
}

async function whyUnavailable(engine: Engine): Promise<string | undefined> {
  const probes =
    engine === 'podman'
      ? [['podman', 'version']]
      : [
          ['docker', 'buildx', 'version'],
          ['docker', 'version', '--format', '{{.Server.Version}}'],
        ];
  for (const [program, ...args] of probes) {
    const result = await run(program!, args, { timeout: 30_000 }).catch((error: unknown) => error as KdcubeError);
    if (isInterrupted(result)) throw result;
    if (result instanceof Error)
      return result instanceof KdcubeError ? result.problems[0]!.message.split('\n')[0] : String(result);
    if (result.exitCode !== 0) return firstLine(result.stderr) || `${program} ${args.join(' ')} ended with ${result.exitCode}`;
  }
  return undefined;
}

/** The command line of a build. */
export function buildCommand(
  engine: Engine,
  { context, dockerfile, tag, platform, args, labels, created, plainHttp }: EngineBuild,
): [string, string[]] {
  const pairs = (flag: string, values: Readonly<Record<string, string>>) =>
    Object.entries(values)
      .sort()
      .flatMap(([name, value]) => [flag, `${name}=${value}`]);
  const common = ['--file', `${context}/${dockerfile}`, '--platform', platform, '--tag', tag, ...pairs('--label', labels)];
  if (engine === 'podman') {
    return [
      'podman',
      [
        'build',
        ...common,
        ...(created === undefined ? [] : ['--timestamp', String(created)]),
        // podman's own label contains the builder and its version.
        '--identity-label=false',
        ...(plainHttp ? ['--tls-verify=false'] : []),
        ...pairs('--build-arg', args),
        context,
      ],
    ];
  }
  const clock: Record<string, string> = created === undefined ? {} : { SOURCE_DATE_EPOCH: String(created) };
  // Attestations contain times, and would turn the image into an index.
  return [
    'docker',
    [
      'buildx',
      'build',
      '--load',
      '--progress',
      'plain',
      '--provenance=false',
      '--sbom=false',
      ...common,
      ...pairs('--build-arg', { ...args, ...clock }),
      context,
    ],
  ];
}

/** Builds into the engine's own store. Problem `build-failed`, with the engine's last lines. */
export async function runBuild(engine: Engine, what: EngineBuild, log: Log): Promise<void> {
  const [program, args] = buildCommand(engine, what);
  let last = '';
  const startedAt = Date.now();
  const working = run(program, args, { timeout: 3_600_000, onLine: (line) => (last = line) });
  const { exitCode, stderr, stdout } = await withHeartbeat(
    log,
    () => `building ${what.tag.split(':')[0]} for ${Math.round((Date.now() - startedAt) / 1000)} s: ${last}`,
    working,
  );
  if (exitCode === 0) return;
  throw new KdcubeError({
    code: 'build-failed',
    message: `${engine} did not build the image (exit code ${exitCode}).\n${tail(`${stdout.toString('utf8')}\n${stderr}`.trim(), 15)}`,
  });
}

/** The labels of an image in the engine's store; undefined if it does not exist. */
export async function localLabels(engine: Engine, tag: string): Promise<Record<string, string> | undefined> {
  const { exitCode, stdout } = await run(
    engineProgram(engine),
    ['image', 'inspect', '--format', '{{json .Config.Labels}}', tag],
    {
      timeout: 60_000,
    },
  );
  if (exitCode !== 0) return undefined;
  try {
    return (JSON.parse(stdout.toString('utf8')) as Record<string, string> | null) ?? {};
  } catch {
    return undefined;
  }
}

/** Pushes an image of the engine's store under another name. Returns the digest that the engine reports. Problem `push-failed`. */
export async function pushWithEngine(
  engine: Engine,
  local: string,
  remote: string,
  log: Log,
  options: { plainHttp: boolean },
): Promise<string> {
  return withTemporaryDir(async (dir) => {
    const digestFile = path.join(dir, 'digest');
    const output = await runPush(engine, local, remote, { ...options, digestFile }, log);
    const text = engine === 'podman' ? fs.readFileSync(digestFile, 'utf8') : output;
    const digest = /\bsha256:[0-9a-f]{64}\b/.exec(text)?.[0];
    if (digest !== undefined) return digest;
    throw new KdcubeError({ code: 'push-failed', message: `${engine} pushed ${remote} and did not report a digest.` });
  });
}

/** Returns the last lines of its output. */
async function runPush(
  engine: Engine,
  local: string,
  remote: string,
  options: { plainHttp: boolean; digestFile: string },
  log: Log,
): Promise<string> {
  const program = engineProgram(engine);
  let last = '';
  const startedAt = Date.now();
  const waiting = (text: string) => () => `${text} for ${Math.round((Date.now() - startedAt) / 1000)} s: ${last}`;
  const step = (args: string[], text: string) =>
    withHeartbeat(log, waiting(text), run(program, args, { timeout: 3_600_000, onLine: (line) => (last = line) }));
  const flags =
    engine === 'podman' ? ['--digestfile', options.digestFile, ...(options.plainHttp ? ['--tls-verify=false'] : [])] : [];
  // The remote name is only needed for the push: the store keeps the local one.
  const untag = () => run(program, ['rmi', remote], { isCleanup: true, timeout: 60_000 }).catch(() => undefined);
  const tagged = await step(['tag', local, remote], 'tagging');
  const pushed = tagged.exitCode === 0 ? await step(['push', ...flags, remote], `pushing ${remote}`).finally(untag) : tagged;
  // `c-…: digest: sha256:… size: …`, in its last line.
  if (pushed.exitCode === 0) return tail(pushed.stdout.toString('utf8'), 3);
  throw new KdcubeError({
    code: 'push-failed',
    message: `${engine} did not push ${remote} (exit code ${pushed.exitCode}).\n${tail(pushed.stderr)}`,
  });
}

/** The program of an engine. */
export function engineProgram(engine: Engine): 'docker' | 'podman' {
  return engine === 'podman' ? 'podman' : 'docker';
}
