import { type HostContainer, HASH_LABEL, KdcubeError } from '@kdcube/release/internal';
import { dockerProblem } from './host/docker-problems';
import type { Host } from './host/host';
import type { ComposePlace } from './place';

/** One template for each container, so that its variables, which hold secrets, never leave the host. */
const CONTAINER = `{"id":{{json .ID}},"image":{{json .Config.Image}},"imageId":{{json .Image}},"state":{{json .State.Status}},"exitCode":{{json .State.ExitCode}},"startedAt":{{json .State.StartedAt}},"health":{{if .State.Health}}{{json .State.Health.Status}}{{else}}null{{end}},"restartCount":{{json .RestartCount}},"serviceName":{{json (index .Config.Labels "com.docker.compose.service")}},"hash":{{json (index .Config.Labels "${HASH_LABEL}")}}}`;
const IMAGE = '{"id":{{json .ID}},"digests":{{json .RepoDigests}}}';

/** The containers of a compose project, stopped ones included, without those of `docker compose run`. */
export async function readContainers(host: Host, { project }: Pick<ComposePlace, 'project'>): Promise<HostContainer[]> {
  const filters = [`label=com.docker.compose.project=${project}`, 'label=com.docker.compose.oneoff=False'];
  const listed = await docker(host, [
    'ps',
    '--all',
    '--quiet',
    '--no-trunc',
    ...filters.flatMap((filter) => ['--filter', filter]),
  ]);
  const ids = listed.split('\n').filter((id) => id !== '');
  if (ids.length === 0) return [];
  const containers = await inspect(host, ['inspect', '--type', 'container', '--format', CONTAINER, ...ids]);
  const images = [...new Set(containers.map(({ imageId }) => String(imageId)))];
  const found = await inspect(host, ['image', 'inspect', '--format', IMAGE, ...images]);
  const digests = new Map(found.map(({ id, digests: list }) => [String(id), digestsIn(list)]));
  return containers.map((container) => toContainer(container, digests.get(String(container.imageId)) ?? []));
}

/** The digests under which the engine has an image; undefined if it does not have it. */
export async function imageDigests(host: Host, reference: string): Promise<string[] | undefined> {
  const { exitCode, stdout, stderr } = await host.run('docker', ['image', 'inspect', '--format', IMAGE, reference]);
  if (exitCode === 0) return digestsIn(parseLine(stdout.trim()).digests);
  if (/no such image/i.test(stderr)) return undefined;
  throw dockerProblem(host, ['image inspect'], stderr);
}

/** Runs docker on the host. Problem `command-failed` if it fails. */
async function docker(host: Host, args: readonly string[], options: Parameters<Host['run']>[2] = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await host.run('docker', args, options);
  if (exitCode !== 0) throw dockerProblem(host, args, stderr);
  return stdout;
}

/** What docker prints of those that exist: a container may be removed between two commands. */
async function inspect(host: Host, args: readonly string[]): Promise<Record<string, unknown>[]> {
  const { exitCode, stdout, stderr } = await host.run('docker', args);
  if (exitCode !== 0 && !/no such (?:container|image|object)/i.test(stderr)) throw dockerProblem(host, args, stderr);
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map(parseLine);
}

function parseLine(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch (cause) {
    throw new KdcubeError({ code: 'command-failed', message: 'docker on the host printed something else than JSON.' }, { cause });
  }
}

/** `registry.example/acme/proc@sha256:…`: the same image may have several. */
function digestsIn(list: unknown): string[] {
  return Array.isArray(list) ? list.flatMap((entry) => /@(sha256:[0-9a-f]{64})$/.exec(String(entry))?.[1] ?? []) : [];
}

function toContainer(found: Record<string, unknown>, digests: string[]): HostContainer {
  const { id, image, state, exitCode, startedAt, health, restartCount, serviceName, hash } = found;
  return {
    id: String(id),
    serviceName: String(serviceName),
    state: String(state),
    ...(typeof health === 'string' && { health }),
    exitCode: Number(exitCode),
    restartCount: Number(restartCount),
    startedAt: String(startedAt),
    image: String(image),
    digests,
    ...(typeof hash === 'string' && hash !== '' && { hash }),
  };
}
