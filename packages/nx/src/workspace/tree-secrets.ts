import { createHash } from 'node:crypto';
import type { Problem, SecretInFile } from '@kdcube/release/internal';
import {
  KdcubeError,
  MAX_SCANNED_BYTES,
  quoted,
  RELEASE_FILE,
  secretFileRule,
  secretRules,
  secretsInFile,
} from '@kdcube/release/internal';
import type { GitStore } from '../git/mirror/store';
import { singleFlight } from '../git/batch';
import { fetchBlobs } from '../git/mirror/fetch-blobs';
import { listFiles, readFiles } from '../git/tree-files';
import { cacheDir } from '../system/files/files';
import type { Log } from '../system/log';
import { readSealedJson, writeSealedJson } from '../system/files/sealed-file';

/** A file of a tree that must not be in an image. */
export interface SecretFile extends SecretInFile {
  /** Relative to the tree's root. */
  path: string;
}

/** The owner of the files, for messages and for `not_secret`. */
export interface ScannedFiles {
  /** The bundle, or the image's folder. */
  subject: string;
  /** The prefix of a path in messages. */
  place: string;
  /** The prefix of a path in `not_secret` of release.yaml. */
  allowAs: string;
  allowed: Readonly<Record<string, string>> | undefined;
}

/** Throws a Problem for each secret file of a tree that release.yaml does not allow with a reason. Problem `secret-in-file`. */
export async function requireNoSecrets(store: GitStore, tree: string, files: ScannedFiles, log: Log): Promise<void> {
  const problems = secretProblems(await findTreeSecrets(store, tree, log), files);
  if (problems.length > 0) throw new KdcubeError(problems);
}

export function secretProblems(found: readonly SecretFile[], { subject, place, allowAs, allowed = {} }: ScannedFiles): Problem[] {
  return found.flatMap(({ path, rule, line }) => {
    const name = `${allowAs}/${path}`;
    if (Object.hasOwn(allowed, name)) return [];
    return [
      {
        code: 'secret-in-file' as const,
        message: `${subject}: ${quoted(path)} ${line === undefined ? 'is a file that holds secrets' : 'has what looks like a secret'} (${rule}). Everybody who can pull the image could read it.`,
        hint: `remove it, keep the secret in the store of the environment, and treat this one as leaked; or, if it is none, in ${RELEASE_FILE}:\nnot_secret:\n  ${name}: why it is none`,
        at: { file: `${place}/${path}`, ...(line !== undefined && { line }) },
      },
    ];
  });
}

/** Every file of a tree that must not be in an image. The result is stored by the tree's id, which identifies the content. */
export async function findTreeSecrets(store: GitStore, tree: string, log: Log): Promise<SecretFile[]> {
  const name = `secrets ${tree} ${rulesVersion()}`;
  const file = cacheDir('scanned-trees', rulesVersion(), tree);
  const stored = readSealedJson<SecretFile[]>(file, name);
  if (stored) return stored;
  // Two images of one run may contain the same bundle.
  return scanOnce(file, async () => {
    const found = await scanTree(store, tree, log);
    await writeSealedJson(file, name, found);
    return found;
  });
}

const scanOnce = singleFlight<SecretFile[]>();

async function scanTree(store: GitStore, tree: string, log: Log): Promise<SecretFile[]> {
  const entries = await listFiles(store, tree);
  await fetchBlobs(store, tree, log);
  const found: SecretFile[] = [];
  const unread = entries.filter(({ path }) => {
    const rule = secretFileRule(path);
    if (rule) found.push({ path, rule });
    return !rule;
  });
  for await (const { file, content } of readFiles(store, unread, MAX_SCANNED_BYTES))
    for (const secret of secretsInFile(file.path, content)) found.push({ path: file.path, ...secret });
  return found.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : (a.line ?? 0) - (b.line ?? 0)));
}

let version: string | undefined;

/** Identifies the set of rules: other rules give other results. */
function rulesVersion(): string {
  return (version ??= createHash('sha256').update(secretRules()).digest('hex').slice(0, 16));
}
