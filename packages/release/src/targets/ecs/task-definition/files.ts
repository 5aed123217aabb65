import type { Problem } from '../../../problem/problem';
import { quoted } from '../../../problem/problem';
import type { PlannedFile } from '../../../env/bundles';
import { FILES_FOLDER } from '../../../env/bundles';
import type { ContainerDefinition, TaskDefinition } from './task-definition';

/** The name of the container that writes a task's files before the service's container starts, and of the volume that it writes to. */
export const FILES_CONTAINER = 'kdcube-files';
/** The variable that holds the packed files. */
const FILES_VARIABLE = 'KDCUBE_FILES';

/** Compresses text so that it fits into a task definition: gzip in base64. The same text packs to the same bytes on every machine. */
export interface Packing {
  pack(text: string): string;
  /** Undefined if the text is not packed, or unpacks to more than any descriptor needs. */
  unpack(packed: string): string | undefined;
}

/**
 * Writes each file beside its path and renames it, so that a reader never sees half a file. Files are readable by all; writable ones are writable by all, because the platform's process changes
 * its user as it starts. Only this task sees the volume.
 */
const WRITE_SCRIPT = `import base64, gzip, json, os
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
 * Adds files to a task definition: a container that is not essential writes them to a volume of the task, and the service's container starts once it has exited with 0. So a revision always starts
 * with its own files, whether a deploy, the circuit breaker or a rollback starts it. Files of an earlier deploy are removed first.
 */
export function addFiles(
  base: TaskDefinition,
  container: string,
  files: readonly PlannedFile[],
  packing: Packing,
  registered?: TaskDefinition,
): TaskDefinition {
  const plain = removeFiles(base);
  const taskFiles = files.filter(({ how }) => how === 'task');
  const service = plain.containerDefinitions.find(({ name }) => name === container);
  if (taskFiles.length === 0 || !service) return plain;
  return {
    ...plain,
    containerDefinitions: [
      ...plain.containerDefinitions.map((each) => (each === service ? waitForFiles(each, taskFiles) : each)),
      renderFilesContainer(plain, service, packFiles(taskFiles, packing, registered)),
    ],
    volumes: [...(plain.volumes ?? []), { name: FILES_CONTAINER }],
  };
}

/** The files that a task definition carries, by path. */
export function filesInDefinition(definition: TaskDefinition | undefined, packing: Packing): Map<string, string> {
  const text = packedFilesIn(definition);
  const files = parseFiles(text === undefined ? undefined : packing.unpack(text));
  return new Map(files.map(({ path, content }) => [path, content]));
}

/** The packed files, as the task definition has them; undefined if it has none. */
export function packedFilesIn(definition: TaskDefinition | undefined): string | undefined {
  const container = definition?.containerDefinitions.find(({ name }) => name === FILES_CONTAINER);
  return container?.environment?.find(({ name }) => name === FILES_VARIABLE)?.value;
}

/** The service's container and its sidecars. */
export function withoutFilesContainer(containers: readonly ContainerDefinition[]): ContainerDefinition[] {
  return containers.filter(({ name }) => name !== FILES_CONTAINER);
}

/** A volume of the service's own that is mounted where its files are written. */
export function findMountConflicts(definition: TaskDefinition, service: string): Problem[] {
  const mounts = definition.containerDefinitions.flatMap(mountPointsOf);
  const conflicts = mounts.filter(({ containerPath, sourceVolume }) => {
    const path = String(containerPath).replace(/\/+$/, '');
    return sourceVolume !== FILES_CONTAINER && (path === FILES_FOLDER || path.startsWith(`${FILES_FOLDER}/`));
  });
  if (conflicts.length === 0) return [];
  return [
    {
      code: 'wrong-value',
      message: `${quoted(service)} mounts a volume at ${quoted(String(conflicts[0]!.containerPath))}, but its descriptor is written to ${FILES_FOLDER}.`,
      hint: 'mount the volume at another path',
    },
  ];
}

function removeFiles(base: TaskDefinition): TaskDefinition {
  const isOurs = (name: unknown) => name === FILES_CONTAINER;
  return {
    ...base,
    ...(base.volumes !== undefined && {
      volumes: base.volumes.filter((volume) => !isOurs((volume as { name?: unknown } | null)?.name)),
    }),
    containerDefinitions: withoutFilesContainer(base.containerDefinitions).map((container) => ({
      ...container,
      ...(container.mountPoints !== undefined && {
        mountPoints: mountPointsOf(container).filter(({ sourceVolume }) => !isOurs(sourceVolume)),
      }),
      ...(container.dependsOn !== undefined && {
        dependsOn: dependenciesOf(container).filter(({ containerName }) => !isOurs(containerName)),
      }),
    })),
  };
}

function waitForFiles(container: ContainerDefinition, files: readonly PlannedFile[]): ContainerDefinition {
  const readOnly = !files.some(({ writable }) => writable);
  return {
    ...container,
    mountPoints: [...mountPointsOf(container), { sourceVolume: FILES_CONTAINER, containerPath: FILES_FOLDER, readOnly }],
    dependsOn: [...dependenciesOf(container), { containerName: FILES_CONTAINER, condition: 'SUCCESS' }],
  };
}

/** Runs the service's image: it is pulled anyway, and the platform's image has Python. */
function renderFilesContainer({ memory }: TaskDefinition, service: ContainerDefinition, packed: string): ContainerDefinition {
  return {
    name: FILES_CONTAINER,
    image: service.image,
    essential: false,
    entryPoint: ['python3', '-c'],
    command: [WRITE_SCRIPT],
    // The volume belongs to root, but the image may set another user.
    user: '0',
    environment: [{ name: FILES_VARIABLE, value: packed }],
    mountPoints: [{ sourceVolume: FILES_CONTAINER, containerPath: FILES_FOLDER, readOnly: false }],
    // A task without a memory size needs one for each container.
    ...(memory === undefined && { memory: 128 }),
    ...(service.repositoryCredentials !== undefined && { repositoryCredentials: service.repositoryCredentials }),
    ...(service.logConfiguration !== undefined && { logConfiguration: service.logConfiguration }),
  };
}

/** Uses the registered bytes if they unpack to the same text: another compressor may have packed them. */
function packFiles(files: readonly PlannedFile[], packing: Packing, registered: TaskDefinition | undefined): string {
  const text = JSON.stringify(files.map(({ path, writable, content }) => ({ path, writable, content })));
  const before = packedFilesIn(registered);
  return before !== undefined && packing.unpack(before) === text ? before : packing.pack(text);
}

type MountPoint = { sourceVolume?: unknown; containerPath?: unknown };
type ContainerDependency = { containerName?: unknown };

function mountPointsOf({ mountPoints }: ContainerDefinition): MountPoint[] {
  return Array.isArray(mountPoints) ? (mountPoints as (MountPoint | null)[]).filter((each) => each !== null) : [];
}

function dependenciesOf({ dependsOn }: ContainerDefinition): ContainerDependency[] {
  return Array.isArray(dependsOn) ? (dependsOn as (ContainerDependency | null)[]).filter((each) => each !== null) : [];
}

function parseFiles(text: string | undefined): { path: string; content: string }[] {
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
