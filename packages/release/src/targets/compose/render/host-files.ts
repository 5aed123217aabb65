import { createHash } from 'node:crypto';
import * as z from 'zod';

/** The folder of this plugin in compose.directory. */
export const OWN_FOLDER = '.kdcube';

/** A file that a deploy writes on the host, below `compose.directory`. Its path contains the hash of its content, so an unchanged file keeps its path, and compose sees no change. */
export const HostFile = z.strictObject({
  path: z.string().regex(/^\.kdcube\/files\/[0-9a-f]{32}\/[\w.@-]+$/),
  content: z.string(),
  /** `secret`: only root and docker read it. `shared`: a container reads it with a user of its own. */
  mode: z.union([z.literal(0o600), z.literal(0o644)]),
});
export type HostFile = z.infer<typeof HostFile>;

/** A file that the platform edits too, in a folder that the compose file mounts: `bundles.yaml`. Its path is absolute. */
export const ConfigFile = z.strictObject({ path: z.string().regex(/^\/[^\0\n]+$/), content: z.string() });
export type ConfigFile = z.infer<typeof ConfigFile>;

export function hostFile(name: string, content: string, mode: HostFile['mode']): HostFile {
  return { path: `${OWN_FOLDER}/files/${sha256(content).slice(0, 32)}/${name}`, content, mode };
}

/** Whether the content of a file is the one that its path names. */
export function isIntact({ path, content }: Pick<HostFile, 'path' | 'content'>): boolean {
  return path.split('/')[2] === sha256(content).slice(0, 32);
}

export function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}
