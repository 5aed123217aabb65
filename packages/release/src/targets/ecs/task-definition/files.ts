import type { Problem } from '../../../problem/problem';
import { quoted } from '../../../problem/problem';
import type { PlannedFile } from '../../../env/bundles';
import { FILES_FOLDER } from '../../../env/bundles';
import type { ContainerDefinition, TaskDefinition } from './task-definition';

/** The name of the container that writes a task's files before the service's own starts, and of the volume that it writes them to. */
export const FILES_CONTAINER = 'kdcube-files';
/** The variable in which the files stand. */
export const FILES_VARIABLE = 'KDCUBE_FILES';

/** How a text is made small enough for a task definition: gzip, as base64. The same text gives the same one on every machine. */
export interface Packing {
  pack(text: string): string;
  /** Undefined for what is none, or unpacks to more than any descriptor has. */
  unpack(packed: string): string | undefined;
}

/**
 * Written beside and renamed: what reads the folder finds a whole file or none. Everybody may read; where the platform writes, everybody may, for its process changes its user as it starts, and
 * nobody but this task sees the volume.
 */
const WRITE = `import base64, gzip, json, os
for file in json.loads(gzip.decompress(base64.b64decode(os.environ["${FILES_VARIABLE}"]))):
    path, writable = file["path"], file["writable"]
    with open(path + ".new", "w", encoding="utf-8", newline="") as beside:
        beside.write(file["content"])
    os.chmod(path + ".new", 0o666 if writable else 0o644)
    os.chmod(os.path.dirname(path), 0o777 if writable else 0o755)
    os.replace(path + ".new", path)
    print("wrote", path, flush=True)
`;

/**
 * A task definition that carries its own files: a container that is not essential writes them into a volume of the task, and the service's own container starts when that has ended with 0. So a
 * revision always starts with its own files, whoever starts it: a deploy, the circuit breaker, a way back. What an earlier deploy put there is taken out first.
 */
export function withFiles(
  base: TaskDefinition,
  container: string,
  files: readonly PlannedFile[],
  packing: Packing,
  registered?: TaskDefinition,
): TaskDefinition {
  const plain = withoutFiles(base);
  const own = files.filter(({ how }) => how === 'task');
  const service = plain.containerDefinitions.find(({ name }) => name === container);
  if (own.length === 0 || !service) return plain;
  return {
    ...plain,
    containerDefinitions: [
      ...plain.containerDefinitions.map((each) => (each === service ? waiting(each, own) : each)),
      writer(plain, service, packedFiles(own, packing, registered)),
    ],
    volumes: [...(plain.volumes ?? []), { name: FILES_CONTAINER }],
  };
}

/** The files that a task definition carries, by path. */
export function filesOf(definition: TaskDefinition | undefined, packing: Packing): Map<string, string> {
  const text = packedIn(definition);
  const files = parsed(text === undefined ? undefined : packing.unpack(text));
  return new Map(files.map(({ path, content }) => [path, content]));
}

/** As they stand in a definition; undefined where it has none. */
export function packedIn(definition: TaskDefinition | undefined): string | undefined {
  const container = definition?.containerDefinitions.find(({ name }) => name === FILES_CONTAINER);
  return container?.environment?.find(({ name }) => name === FILES_VARIABLE)?.value;
}

/** The containers that are the service's and its owner's. */
export function withoutWriter(containers: readonly ContainerDefinition[]): ContainerDefinition[] {
  return containers.filter(({ name }) => name !== FILES_CONTAINER);
}

/** Where the service mounts something of its own at the place that is ours. */
export function folderProblem(definition: TaskDefinition, service: string): Problem[] {
  const mounts = definition.containerDefinitions.flatMap(mountsOf);
  const taken = mounts.filter(({ containerPath, sourceVolume }) => {
    const path = String(containerPath).replace(/\/+$/, '');
    return sourceVolume !== FILES_CONTAINER && (path === FILES_FOLDER || path.startsWith(`${FILES_FOLDER}/`));
  });
  if (taken.length === 0) return [];
  return [
    {
      code: 'wrong-value',
      message: `${quoted(service)} mounts a volume of its own at ${quoted(String(taken[0]!.containerPath))}, and ${FILES_FOLDER} is where its descriptor is written.`,
      hint: 'mount it somewhere else',
    },
  ];
}

function withoutFiles(base: TaskDefinition): TaskDefinition {
  const isOurs = (name: unknown) => name === FILES_CONTAINER;
  return {
    ...base,
    ...(base.volumes !== undefined && {
      volumes: base.volumes.filter((volume) => !isOurs((volume as { name?: unknown } | null)?.name)),
    }),
    containerDefinitions: withoutWriter(base.containerDefinitions).map((container) => ({
      ...container,
      ...(container.mountPoints !== undefined && {
        mountPoints: mountsOf(container).filter(({ sourceVolume }) => !isOurs(sourceVolume)),
      }),
      ...(container.dependsOn !== undefined && {
        dependsOn: waitsOf(container).filter(({ containerName }) => !isOurs(containerName)),
      }),
    })),
  };
}

function waiting(container: ContainerDefinition, files: readonly PlannedFile[]): ContainerDefinition {
  const readOnly = !files.some(({ writable }) => writable);
  return {
    ...container,
    mountPoints: [...mountsOf(container), { sourceVolume: FILES_CONTAINER, containerPath: FILES_FOLDER, readOnly }],
    dependsOn: [...waitsOf(container), { containerName: FILES_CONTAINER, condition: 'SUCCESS' }],
  };
}

/** The service's own image: it is there already, and the platform's has Python. */
function writer({ memory }: TaskDefinition, service: ContainerDefinition, packed: string): ContainerDefinition {
  return {
    name: FILES_CONTAINER,
    image: service.image,
    essential: false,
    entryPoint: ['python3', '-c'],
    command: [WRITE],
    // The volume belongs to root, and the image may name another user.
    user: '0',
    environment: [{ name: FILES_VARIABLE, value: packed }],
    mountPoints: [{ sourceVolume: FILES_CONTAINER, containerPath: FILES_FOLDER, readOnly: false }],
    // Where the task has no size, each container needs one of its own.
    ...(memory === undefined && { memory: 128 }),
    ...(service.repositoryCredentials !== undefined && { repositoryCredentials: service.repositoryCredentials }),
    ...(service.logConfiguration !== undefined && { logConfiguration: service.logConfiguration }),
  };
}

/** As they are registered, where they say the same: another program may have packed them. */
function packedFiles(files: readonly PlannedFile[], packing: Packing, registered: TaskDefinition | undefined): string {
  const text = JSON.stringify(files.map(({ path, writable, content }) => ({ path, writable, content })));
  const before = packedIn(registered);
  return before !== undefined && packing.unpack(before) === text ? before : packing.pack(text);
}

type Mount = { sourceVolume?: unknown; containerPath?: unknown };
type Wait = { containerName?: unknown };

function mountsOf({ mountPoints }: ContainerDefinition): Mount[] {
  return Array.isArray(mountPoints) ? (mountPoints as (Mount | null)[]).filter((each) => each !== null) : [];
}

function waitsOf({ dependsOn }: ContainerDefinition): Wait[] {
  return Array.isArray(dependsOn) ? (dependsOn as (Wait | null)[]).filter((each) => each !== null) : [];
}

function parsed(text: string | undefined): { path: string; content: string }[] {
  if (text === undefined) return [];
  try {
    const read: unknown = JSON.parse(text);
    return (Array.isArray(read) ? (read as unknown[]) : []).filter(isFile);
  } catch {
    return [];
  }
}

function isFile(value: unknown): value is { path: string; content: string } {
  if (typeof value !== 'object' || value === null) return false;
  const { path, content } = value as { path?: unknown; content?: unknown };
  return typeof path === 'string' && typeof content === 'string';
}
