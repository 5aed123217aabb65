import * as fs from 'node:fs';
import * as path from 'node:path';
import { createHash } from 'node:crypto';
import { type Holds, holds } from './kit';

/** What can be looked at: the files of a workspace, and a repository of the registry double. */
export interface World {
  files: ReadonlyMap<string, string>;
  registry: Holds;
}

/** `root`: undefined where only the registry is looked at. */
export function readWorld(root: string | undefined, registryFolder: string, repository: string): World {
  return { files: root === undefined ? new Map() : filesBelow(root), registry: holds(registryFolder, repository) };
}

/** What the last line of a failed command claims to have done, and what it does not know, in the order of its sentences. */
interface Claims {
  isNothing: boolean;
  done: Parts;
  unconfirmed: Parts;
}

interface Parts {
  files: string[];
  blobs: number;
  tags: [tag: string, digest: string][];
}

/** The last line of a failed command, compared with what changed: no more than that is claimed, and no less. */
export function checkLastLine(line: string, before: World, after: World): void {
  const { isNothing, done, unconfirmed } = claimsOf(line);
  const changedTags = Object.entries(after.registry.tags).filter(([tag, digest]) => before.registry.tags[tag] !== digest);
  for (const [tag, digest] of done.tags) expect([line, tag, after.registry.tags[tag]]).toEqual([line, tag, digest]);
  const claimedTags = [...done.tags, ...unconfirmed.tags].map(([tag]) => tag);
  expect([line, changedTags.map(([tag]) => tag).filter((tag) => !claimedTags.includes(tag))]).toEqual([line, []]);
  const newBlobs = [...after.registry.blobs].filter((digest) => !before.registry.blobs.has(digest)).length;
  expect([line, done.blobs <= newBlobs, newBlobs <= done.blobs + unconfirmed.blobs]).toEqual([line, true, true]);
  const changedFiles = changesBetween(before.files, after.files);
  const claimedFiles = [...done.files, ...unconfirmed.files];
  const isClaimed = (file: string) => claimedFiles.some((claimed) => file === claimed || file.startsWith(`${claimed}/`));
  expect([line, changedFiles.filter((file) => !isClaimed(file))]).toEqual([line, []]);
  for (const claimed of done.files) expect([line, claimed, covers(claimed, changedFiles)]).toEqual([line, claimed, true]);
  const claims = claimedTags.length + done.blobs + unconfirmed.blobs + claimedFiles.length;
  expect([line, isNothing]).toEqual([line, claims === 0]);
}

function covers(claimed: string, changed: readonly string[]): boolean {
  return changed.some((file) => file === claimed || file.startsWith(`${claimed}/`));
}

function claimsOf(line: string): Claims {
  const [confirmed = '', open = ''] = line.split('Unconfirmed: ');
  return {
    isNothing: /No file, image, tag or service was changed\.$/.test(line),
    done: partsOf(confirmed),
    unconfirmed: partsOf(open),
  };
}

function partsOf(text: string): Parts {
  const sentence = text.replace(/^.*Already done: /, '').replace(/(?:\.\s*Nothing else was changed)?\.\s*$/, '');
  const parts = sentence.split('; ');
  const found = (pattern: RegExp) => parts.map((part) => pattern.exec(part)).filter((each) => each !== null);
  return {
    files: found(/^(?:wrote|removed) (.+)$/).map(([, file]) => file!),
    blobs: found(/^uploaded (\d+) blobs? to /).reduce((sum, [, count]) => sum + Number(count), 0),
    tags: found(/^tagged \S+@(sha256:[0-9a-f]{64}) as (.+)$/).flatMap(([, digest, tags]) =>
      tags!.split(', ').map((tag): [string, string] => [tag, digest!]),
    ),
  };
}

function changesBetween(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const files = new Set([...before.keys(), ...after.keys()]);
  return [...files].filter((file) => before.get(file) !== after.get(file));
}

function filesBelow(root: string): Map<string, string> {
  const names = fs.readdirSync(root, { recursive: true, withFileTypes: true });
  const files = names.filter((each) => each.isFile() && !each.parentPath.includes('/.git'));
  return new Map(
    files.map(({ parentPath, name }) => {
      const file = path.join(parentPath, name);
      return [path.relative(root, file), createHash('sha256').update(fs.readFileSync(file)).digest('hex')];
    }),
  );
}
