import * as os from 'node:os';
import {
  composeFailed,
  type ComposeHost,
  type HostRelease,
  KdcubeError,
  OWN_FOLDER,
  withoutSecretFiles,
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
import { keepRelease } from './keep';

/** Longer than any stop_grace_period. Milliseconds. */
const UP_TIMEOUT = 10 * 60_000;
const PULL_TIMEOUT = 60 * 60_000;

export interface HostOptions {
  /** How many releases stay on the host. */
  keep: number;
  release: string;
  /** Variables for commands that fetch images: where docker finds the logins. */
  login: Readonly<Record<string, string>>;
  log: Pick<Log, 'note' | 'progress'>;
}

/** What a rollout does on a host, with docker and docker compose. */
export function openComposeHost(host: Host, place: ComposePlace, { keep, release: name, login, log }: HostOptions): ComposeHost {
  const run = async (what: string, args: readonly string[], release?: HostRelease, overlay?: string): Promise<void> => {
    const files = release ? [composeFile(place, release)] : [];
    const { exitCode, stderr } = await compose(host, place, { files, overlay, args, timeout: UP_TIMEOUT });
    if (exitCode !== 0) throw composeFailed(what, stderr);
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
      await pullImage(host, reference, { env: login, onProgress: (text) => log.progress(`${reference}: ${text}`) });
      return true;
    },
    async pullServices(names, release) {
      const args = ['pull', '--quiet', '--policy', 'missing', '--ignore-buildable', ...names];
      const { exitCode, stderr } = await compose(host, place, {
        files: [composeFile(place, release)],
        args,
        timeout: PULL_TIMEOUT,
      });
      if (exitCode !== 0) throw servicePullProblem(host, place, names, stderr);
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
    writeRelease: (release) => writeRelease(host, place, release),
    async readConfig(release) {
      const overlay = withoutSecretFiles(release.content, place.directory);
      const args = ['config', '--format', 'json'];
      const { exitCode, stdout, stderr } = await compose(host, place, { files: [composeFile(place, release)], overlay, args });
      if (exitCode !== 0) throw composeInvalid(place, stderr);
      return stdout;
    },
    up: (name, release, overlay) => run(`start ${name}`, [...UP, '--force-recreate', name], release, overlay),
    start: (names, release) => run(`start ${names.join(', ')}`, [...UP, '--no-recreate', ...names], release),
    remove: (name) => run(`remove ${name}`, ['rm', '--stop', '--force', name]),
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
  const [problem] = pullProblem(host, `The images of ${names.join(', ')} in ${file}`, stderr).problems;
  const hint = `docker compose --project-directory ${directory} --file ${directory}/${file} pull ${names.join(' ')}    on the host shows the same`;
  return new KdcubeError({ ...problem!, hint });
}

function copyProblem(host: Host, image: string, stderr: string): KdcubeError {
  if (isDiskFull(stderr)) return diskFull(host.name, `the bundles of ${image} cannot be copied`);
  return new KdcubeError({
    code: 'file-error',
    message: `The bundles of ${image} cannot be copied to ${host.name}: ${stderr.trim().split('\n').at(-1)}`,
  });
}
