import { isMapping, listOf, type Mapping, volumeOf } from './compose-merge';

/** Where the relative paths of a file start, and what `~` stands for. */
export interface PathBase {
  directory: string;
  home?: string;
}

/** An absolute path; one with `~` stays as it is if no home is known. */
export function absolutePath(path: string, { directory, home }: PathBase): string {
  const written = path.startsWith('~') && home !== undefined ? `${home}/${path.slice(1)}` : path;
  if (written.startsWith('~')) return written;
  const parts: string[] = [];
  for (const part of (written.startsWith('/') ? written : `${directory}/${written}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 1));
}

/** As messages show it, and as the folder reads it: relative to the folder if it is inside. */
export function shownPath(path: string, directory: string): string {
  const base = directory.endsWith('/') ? directory : `${directory}/`;
  return path.startsWith(base) ? path.slice(base.length) : path;
}

/** A service whose paths are absolute, so that it can be merged into one of another folder. */
export function withAbsolutePaths(service: Mapping, base: PathBase): Mapping {
  const { env_file: envFile, volumes } = service;
  return {
    ...service,
    ...(envFile !== undefined && envFile !== null && { env_file: listOf(envFile).map((entry) => envFileEntry(entry, base)) }),
    ...(Array.isArray(volumes) && { volumes: volumes.map((volume: unknown) => absoluteVolume(volume, base)) }),
  };
}

export interface EnvFileEntry {
  path: string;
  /** As it is written: by this, compose finds the entry that a later file replaces. */
  written: string;
  required: boolean;
  format?: unknown;
}

function envFileEntry(entry: unknown, base: PathBase): EnvFileEntry {
  const { path, required, format } = isMapping(entry) ? entry : { path: entry, required: true, format: undefined };
  const written = typeof path === 'string' ? path : '';
  return { path: absolutePath(written, base), written, required: required !== false && required !== 'false', format };
}

function absoluteVolume(volume: unknown, base: PathBase): unknown {
  if (isMapping(volume))
    return volume.type === 'bind' && typeof volume.source === 'string'
      ? { ...volume, source: absolutePath(volume.source, base) }
      : volume;
  const read = typeof volume === 'string' ? volumeOf(volume) : undefined;
  if (read?.source === undefined || !/^[.~/]/.test(read.source)) return volume;
  return [absolutePath(read.source, base), read.target, ...(read.options.length > 0 ? [read.options.join(',')] : [])].join(':');
}

/** A named volume that is a folder of the host by its options. */
export function absoluteDevice(volume: unknown, base: PathBase): unknown {
  const options = isMapping(volume) && isMapping(volume.driver_opts) ? volume.driver_opts : {};
  if (options.o !== 'bind' || typeof options.device !== 'string') return volume;
  return { ...(volume as Mapping), driver_opts: { ...options, device: absolutePath(options.device, base) } };
}
