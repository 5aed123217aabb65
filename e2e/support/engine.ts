import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { once, runFolder } from './once';
import { must } from './run';

const SCRIPT = path.resolve(__dirname, '../../tools/engine/engine.sh');

export interface Engine {
  /** PATH, DOCKER_HOST and DOCKER_CONFIG, for run() and nx(). */
  env: Record<string, string>;
  /** host:port of a registry without authentication, which is empty when the engine starts. */
  registry: string;
  /** A tar of a root file system with Python. */
  pythonRoot: string;
}

const found = find();

/**
 * test() with a container engine. Without one it is skipped, with the reason in its name; with KD_REQUIRE_ENGINE=1 it fails.
 * `fn` gets the engine.
 */
export function testWithEngine(name: string, fn: (engine: Engine) => Promise<void>, timeout?: number): void {
  if (found) return test(name, () => fn(found), timeout);
  if (process.env.KD_REQUIRE_ENGINE !== '1')
    return test.skip(`${name} (skipped: no container engine; tools/engine/engine.sh up starts one)`, () => {});
  test(name, () => {
    throw new Error('KD_REQUIRE_ENGINE=1, but the container engine is not up: tools/engine/engine.sh up');
  });
}

/** The engine, or undefined without one: for hooks. */
export function optionalEngine(): Engine | undefined {
  return found;
}

/** A unique host:port/path. */
export function freshPrefix(engine: Engine): string {
  // Random, not counted: suites share a process, and each has its own module state.
  return `${engine.registry}/e2e-${randomBytes(6).toString('hex')}`;
}

/**
 * Builds and pushes the images that stand in for the platform's: <prefix>/kdcube-chat-proc:<ref> and <prefix>/py-code-exec:<ref>. Another ref gives
 * another image (its label differs); the same ref gives the same digest. Returns "sha256:…" of each.
 */
export async function pushPlatform(
  engine: Engine,
  prefix: string,
  ref: string,
): Promise<Record<'kdcube-chat-proc' | 'py-code-exec', string>> {
  const context = await platformContext(engine);
  const push = async (image: string, dockerfile: string): Promise<string> => {
    const metadata = path.join(runFolder(), `${image}-${process.pid}.json`);
    const args = [
      'buildx',
      'build',
      '--push',
      '--provenance=false',
      '--build-arg',
      `REF=${ref}`,
      '--build-arg',
      'SOURCE_DATE_EPOCH=0',
    ];
    await must(
      'docker',
      [...args, '--metadata-file', metadata, '-f', path.join(context, dockerfile), '-t', `${prefix}/${image}:${ref}`, context],
      engine,
    );
    return (JSON.parse(fs.readFileSync(metadata, 'utf8')) as Record<string, string>)['containerimage.digest']!;
  };
  return {
    'kdcube-chat-proc': await push('kdcube-chat-proc', 'Dockerfile_Chatproc'),
    'py-code-exec': await push('py-code-exec', 'Dockerfile_Exec'),
  };
}

/** One folder for all builds of a run: the root file system is 45 MB. */
function platformContext(engine: Engine): Promise<string> {
  return once('platform', async () => {
    const folder = path.join(runFolder(), 'platform');
    fs.cpSync(path.join(__dirname, 'platform'), folder, { recursive: true });
    fs.rmSync(path.join(folder, '__pycache__'), { recursive: true, force: true });
    fs.copyFileSync(engine.pythonRoot, path.join(folder, 'python-root.tar'));
    return folder;
  });
}

export interface LoadedBundle {
  ok: boolean;
  error?: string;
  entrypoint?: string;
  kind?: 'class' | 'factory';
  file?: string;
  bundle_id?: string | null;
  surfaces?: string[];
  result?: unknown;
}

/** Runs the image with its own user, variables and entrypoint, and imports bundles with the loader of the stand-in platform. */
export async function loadInImage(
  engine: Engine,
  image: string,
  options: {
    era: 'seed' | 'march' | 'head';
    entries?: { id: string; path: string; module?: string }[];
    run?: object;
    env?: Record<string, string>;
  },
): Promise<Record<string, LoadedBundle>> {
  const variables = Object.entries(options.env ?? {}).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const script = '$PYTHONPATH/loader.py --era "$@"';
  const args: string[] = [options.era];
  if (options.entries) args.push('--entries', JSON.stringify(options.entries));
  if (options.run) args.push('--run', JSON.stringify(options.run));
  // The report has the result of each bundle, so the exit code does not matter.
  const command = ['sh', '-c', `python ${script} || true`, 'loader', ...args];
  const stdout = await outputOf(engine, [...variables, image, ...command]);
  return (JSON.parse(stdout) as { bundles: Record<string, LoadedBundle> }).bundles;
}

/**
 * The output of a container, which must not be empty and not depend on an earlier run. Under load, an engine at times loses all output of a container that
 * ends at once, in its log too; so a container without output is started again.
 */
export async function outputOf(engine: Engine, args: readonly string[]): Promise<string> {
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    const { stdout } = await must('docker', ['run', '--rm', '--network', 'none', ...args], engine);
    if (stdout !== '') return stdout;
  }
  throw new Error(`docker run ${args.join(' ')} printed nothing, 5 times`);
}

function find(): Engine | undefined {
  try {
    const output = execFileSync('bash', [SCRIPT, 'env'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const values = Object.fromEntries(
      output
        .trim()
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    const { PATH, DOCKER_HOST, DOCKER_CONFIG, KD_REGISTRY, KD_PYTHON_ROOT } = values as Record<string, string>;
    return {
      env: { PATH: PATH!, DOCKER_HOST: DOCKER_HOST!, DOCKER_CONFIG: DOCKER_CONFIG! },
      registry: KD_REGISTRY!,
      pythonRoot: KD_PYTHON_ROOT!,
    };
  } catch {
    return undefined;
  }
}
