import path from 'node:path';
import { pathToFileURL } from 'node:url';

const TOOLS = path.resolve(__dirname, '../../tools');
const KINDS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** A request in the journal of tools/registry. */
export interface Entry {
  method: string;
  path: string;
  kind: string;
  digest?: string;
  query: Record<string, string>;
  name?: string;
  reference?: string;
  status: number;
}

type Fault = undefined | 'cut' | { status: number; headers?: Record<string, string> };

/** A registry in this process, with a journal of requests and injected faults. */
export interface Double {
  host: string;
  journal: Entry[];
  faults?: (request: Omit<Entry, 'status'>) => Fault;
  close(): Promise<void>;
}

export async function registryDouble(options: { immutable?: string[]; dir?: string } = {}): Promise<Double> {
  const { start } = (await import(pathToFileURL(path.join(TOOLS, 'registry/registry.mjs')).href)) as {
    start: (options: object) => Promise<Double>;
  };
  return start(options);
}

/** Pushes stand-ins for the platform's images with one small layer: they can be pinned and built on, but not run. Returns their digests by name. */
export async function pushStandIns(host: string, ref: string, names?: readonly string[]): Promise<Record<string, string>> {
  const tool = (await import(pathToFileURL(path.join(TOOLS, 'demo/platform.mjs')).href)) as {
    pushStandIns: (host: string, ref: string, names?: readonly string[]) => Promise<Record<string, string>>;
  };
  return tool.pushStandIns(host, ref, names);
}

/** The requests that write. */
export function writes(journal: readonly Entry[]): string[] {
  return journal.filter(({ method }) => method !== 'GET' && method !== 'HEAD').map(({ method, path: at }) => `${method} ${at}`);
}

export interface ImageConfig {
  created: string;
  config: { Labels?: Record<string, string>; Env?: string[]; User?: string; WorkingDir?: string };
  history: { created?: string; created_by?: string }[];
}

/** The digest of a tag; undefined if it does not exist. `name` is host/path. */
export async function digestOf(name: string, tag: string): Promise<string | undefined> {
  const answer = await fetch(address(name, `manifests/${tag}`), { method: 'HEAD', headers: { accept: KINDS } });
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new Error(`${name}:${tag} returned ${answer.status}`);
  return answer.headers.get('docker-content-digest')!;
}

/** The manifest and the config of an image in a registry. */
export async function readImage(
  name: string,
  reference: string,
): Promise<{ manifest: { layers: { digest: string; size: number }[] }; config: ImageConfig; text: string }> {
  const answer = await fetch(address(name, `manifests/${reference}`), { headers: { accept: KINDS } });
  if (!answer.ok) throw new Error(`${name}:${reference} returned ${answer.status}`);
  const manifest = (await answer.json()) as { config: { digest: string }; layers: { digest: string; size: number }[] };
  const text = await (await fetch(address(name, `blobs/${manifest.config.digest}`))).text();
  return { manifest, config: JSON.parse(text) as ImageConfig, text };
}

export async function tagsOf(name: string): Promise<string[]> {
  const answer = await fetch(address(name, 'tags/list'));
  if (answer.status === 404) return [];
  return (((await answer.json()) as { tags: string[] | null }).tags ?? []).sort();
}

/** Digest by tag. */
export async function digestsOf(name: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const tag of await tagsOf(name)) found[tag] = (await digestOf(name, tag))!;
  return found;
}

function address(name: string, rest: string): string {
  const slash = name.indexOf('/');
  return `http://${name.slice(0, slash)}/v2/${name.slice(slash + 1)}/${rest}`;
}
