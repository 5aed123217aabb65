import * as os from 'node:os';
import {
  composeFailed,
  type ComposeHost,
  type HostRelease,
  KdcubeError,
  OWN_FOLDER,
  parseImageReference,
  withoutSecretFiles,
  withoutValues,
} from '@kdcube/release/internal';
import { compose, composeInvalid } from '../compose-command';
import type { Log } from '../../../system/log';
import { imageDigests, readContainers } from '../docker';
import type { Host } from '../host/host';
import { diskFull, isDiskFull } from '../host/host-problems';
import { lockHost } from '../host/lock';
import { pullImage, pullProblem } from '../host/pull';
import type { ComposePlace } from '../place';
import { composeFile, readReleases, writeRelease } from '../releases';
import { askContainer } from './ask-container';
import { keepRelease } from './keep';

/** Longer than any stop_grace_period. Milliseconds. */
const UP_TIMEOUT = 10 * 60_000;
const PULL_TIMEOUT = 60 * 60_000;

export interface HostOptions {
  /** How many releases stay on the host. */
  keep: number;
  release: string;
  login: HostLogin;
  /** See `ComposeHost.confirm`. */
  confirm(): Promise<void>;
  log: Pick<Log, 'note' | 'progress'>;
}

/** Where docker finds the logins of this machine while it fetches images. Without `env` there are none. */
interface HostLogin {
  env?: Readonly<Record<string, string>>;
  /** The registries that they are for. All others are asked with what the host itself has. */
  registries: readonly string[];
}

/** What a rollout does on a host, with docker and docker compose. */
export function openComposeHost(
  host: Host,
  place: ComposePlace,
  { keep, release: name, login, confirm, log }: HostOptions,
): ComposeHost {
  const run = async (what: string, args: readonly string[], release?: HostRelease, overlay?: string): Promise<void> => {
    const files = release ? [composeFile(place, release)] : [];
    const { exitCode, stderr } = await compose(host, place, { files, overlay, args, timeout: UP_TIMEOUT });
    if (exitCode !== 0) throw composeFailed(what, stderr, place.project);
  };
  return {
    lock: () =>
      lockHost(host, {
        file: `${place.directory}/${OWN_FOLDER}/lock`,
        who: `${os.userInfo().username}@${os.hostname()}`,
        release: name,
        log,
      }),
    readContainers: () => readContainers(host, place),
    readReleases: async () => (await readReleases(host, place)).releases,
    async pull(reference) {
      if ((await imageDigests(host, reference)) !== undefined) return false;
      const env = login.registries.includes(parseImageReference(reference).host) ? login.env : {};
      await pullImage(host, reference, { env, onProgress: (text) => log.progress(`${reference}: ${text}`) });
      return true;
    },
    async pullServices(names, release) {
      const args = ['pull', '--quiet', '--policy', 'missing', '--ignore-buildable', ...names];
      const options = { files: [composeFile(place, release)], args, timeout: PULL_TIMEOUT };
      // Which registries the compose file names is ops' own: first what the host has, then the logins of this machine.
      for (const env of [{}, ...(login.env ? [login.env] : [])]) {
        const { exitCode, stderr } = await compose(host, place, { ...options, env });
        if (exitCode === 0) return;
        if (env === login.env || !login.env) throw servicePullProblem(host, place, names, stderr);
      }
    },
    async copyBundles(image, folder) {
      const { exitCode, stderr } = await host.run('sh', ['-c', COPY_BUNDLES, 'sh', image, folder]);
      if (exitCode !== 0) throw copyProblem(host, image, stderr);
    },
    async readFile(path) {
      const bytes = await host.readFile(path);
      return bytes && Buffer.from(bytes).toString('utf8');
    },
    writeFile: (path, content) => (content === undefined ? host.remove(path) : host.writeFile(path, content, 0o644)),
    confirm,
    writeRelease: (release) => writeRelease(host, place, release),
    async readConfig(release) {
      const overlay = withoutSecretFiles(release.content, place.directory);
      const args = ['config', '--format', 'json'];
      const files = [composeFile(place, release)];
      const { exitCode, stdout, stderr } = await compose(host, place, { files, overlay, args });
      if (exitCode !== 0) throw composeInvalid(place, stderr);
      const whole = await compose(host, place, { files, args: ['config', '--quiet'] });
      const problem = secretsProblem(place, release, whole, unsetVariables(stderr));
      if (problem) throw problem;
      return stdout;
    },
    up: (name, release, overlay) => run(`start ${name}`, [...UP, '--force-recreate', name], release, overlay),
    start: (names, release) => run(`start ${names.join(', ')}`, [...UP, '--no-recreate', ...names], release),
    remove: (name) => run(`remove ${name}`, ['rm', '--stop', '--force', name]),
    ask: (container, url) => askContainer(host, container, url),
    async readLog(container) {
      const { stdout, stderr } = await host.run('docker', ['logs', '--tail', '20', container]);
      const health = await host.run('docker', ['inspect', '--format', HEALTH_OUTPUT, container]);
      const output = health.exitCode === 0 ? health.stdout.trim() : '';
      return [...lastLines(stdout + stderr, 20), ...lastLines(output, 3).map((line) => `health check: ${line}`)];
    },
    keep: (release) => keepRelease(host, place, release, keep),
  };
}

/** The images are there: nothing is fetched or built here. */
const UP = ['up', '--detach', '--no-deps', '--no-build', '--pull', 'never'];
/** The folder appears at once and whole. */
const COPY_BUNDLES = `set -eu
image=$1 folder=$2 new=$2.new
[ ! -d "$folder" ] || exit 0
rm -rf -- "$new"
mkdir -p -- "\${folder%/*}"
container=$(docker create -- "$image" true)
trap 'docker rm --force "$container" >/dev/null' EXIT
docker cp "$container:/bundles" "$new" >/dev/null
mv -- "$new" "$folder"`;
const HEALTH_OUTPUT = '{{if .State.Health}}{{range .State.Health.Log}}{{println .Output}}{{end}}{{end}}';

function lastLines(text: string, count: number): string[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .map((line) => line.slice(0, 300));
}

function servicePullProblem(
  host: Host,
  { directory, file }: ComposePlace,
  names: readonly string[],
  stderr: string,
): KdcubeError {
  const [problem] = pullProblem(host, `The images of ${names.join(', ')} in ${file}`, withoutValues(stderr)).problems;
  const hint = `docker compose --project-directory ${directory} --file ${directory}/${file} pull ${names.join(' ')}    on the host shows the same`;
  return new KdcubeError({ ...problem!, hint });
}

/** How often compose warned of a variable that is not set. */
function unsetVariables(stderr: string): number {
  return stderr.split('\n').filter((line) => /variable is not set/.test(line)).length;
}

/** What compose says of the secret files is not shown: it quotes them. `expected`: the warnings without these files. */
function secretsProblem(
  place: ComposePlace,
  release: HostRelease,
  { exitCode, stderr }: { exitCode: number; stderr: string },
  expected: number,
): KdcubeError | undefined {
  const what =
    exitCode !== 0
      ? 'cannot read a secret file of this release'
      : unsetVariables(stderr) > expected
        ? 'takes a part of a secret for a variable: in a secret file, a value with $ stands in single quotes'
        : undefined;
  if (what === undefined) return undefined;
  const { directory, file, project } = place;
  return new KdcubeError({
    code: 'compose-invalid',
    message: `docker compose on the host ${what}. Nothing was stopped.`,
    hint: `docker compose --project-name ${project} --project-directory ${directory} --file ${directory}/${file} --file ${composeFile(place, release)} config --quiet    on the host shows where; it may show the secret too`,
  });
}

function copyProblem(host: Host, image: string, stderr: string): KdcubeError {
  if (isDiskFull(stderr)) return diskFull(host.name, `the bundles of ${image} cannot be copied`);
  return new KdcubeError({
    code: 'file-error',
    message: `The bundles of ${image} cannot be copied to ${host.name}: ${stderr.trim().split('\n').at(-1)}`,
  });
}
