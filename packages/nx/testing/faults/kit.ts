import * as fs from 'node:fs';
import * as path from 'node:path';
import { formatProblems, KdcubeError, type ProblemCode, PushReceipt } from '@kdcube/release/internal';
import type { ImageJob } from '../../src/images/job';
import { pushImage } from '../../src/images/push/push';
import { resolveRegistries } from '../../src/workspace/registries';
import type { Builder } from '../../src/images/build/engine';
import { withJournal } from '../../src/system/journal';
import { createLog } from '../../src/system/log';
import { digestOf } from './base';

/** How a push ended, and what a person read of it. */
export interface Ended {
  ends: 'pushed' | 'reused' | ProblemCode;
  lines: string[];
  receipt?: PushReceipt;
}

export interface Where {
  root: string;
  /** `host/path` of each. */
  registry: string;
  platform: string;
  engine?: Builder;
}

/** docker-push, with everything that it prints. Only Problems are an end; whatever else is thrown fails the test. */
export async function pushed(job: ImageJob, { root, registry, platform, engine = 'oci' }: Where): Promise<Ended> {
  const lines: string[] = [];
  const log = createLog({ write: (_, line) => void lines.push(line) });
  const registries = resolveRegistries({ registry, platformRegistry: platform }, {}, {});
  return withJournal(root, async (describeChanges): Promise<Ended> => {
    try {
      const receipt = PushReceipt.parse(await pushImage(job, { root, registries, engine, dryRun: false }, log));
      return { ends: receipt.how === 'reused' ? 'reused' : 'pushed', lines, receipt };
    } catch (error) {
      if (!(error instanceof KdcubeError)) throw error;
      const text = formatProblems(error.problems, describeChanges(error.changed));
      return { ends: error.problems[0]!.code, lines: [...lines, ...text.split('\n')] };
    }
  });
}

/** What a repository of the registry double holds, as its folder says: no question that a fault could answer. */
export interface Holds {
  /** Digest by tag. */
  tags: Record<string, string>;
  blobs: Set<string>;
}

/** Reads a repository. Fails where a tag is without its manifest, its config or a layer, or where one of them has other bytes than its name says. */
export function holds(dir: string, repository: string): Holds {
  const at = path.join(dir, 'repositories', repository);
  const names = (folder: string): string[] => (fs.existsSync(folder) ? fs.readdirSync(folder) : []);
  const blobs = new Set(names(path.join(at, '_blobs/sha256')).map((hex) => `sha256:${hex}`));
  const tags = Object.fromEntries(
    names(path.join(at, '_tags')).map((tag) => [tag, fs.readFileSync(path.join(at, '_tags', tag), 'utf8')]),
  );
  for (const [tag, digest] of Object.entries(tags)) {
    const manifest = path.join(at, '_manifests', digest.replace(':', '/'));
    if (!fs.existsSync(manifest)) throw new Error(`the tag ${tag} has no manifest`);
    for (const blob of blobsOf(fs.readFileSync(manifest))) {
      if (!blobs.has(blob)) throw new Error(`the tag ${tag} is there without its blob ${blob}`);
      const bytes = fs.readFileSync(path.join(dir, 'blobs', blob.replace(':', '/')));
      if (digestOf(bytes) !== blob) throw new Error(`the blob ${blob} has other bytes`);
    }
  }
  return { tags, blobs };
}

/** The blobs that a registry must have for an image. */
export function imageBlobs(dir: string, repository: string, digest: string): string[] {
  return blobsOf(fs.readFileSync(path.join(dir, 'repositories', repository, '_manifests', digest.replace(':', '/'))));
}

function blobsOf(manifest: Buffer): string[] {
  const { config, layers } = JSON.parse(manifest.toString('utf8')) as {
    config: { digest: string };
    layers: { digest: string; urls?: string[] }[];
  };
  return [...new Set([config, ...layers.filter(({ urls }) => !urls)].map(({ digest }) => digest))];
}

/** Forgets what was built and read before, as a runner does that has nothing yet; what was fetched by git stays. */
export function forgetImages(cache: string): void {
  for (const name of fs.readdirSync(cache))
    if (/^(?:bases|base-names|layers)/.test(name)) fs.rmSync(path.join(cache, name), { recursive: true });
}

/** Waits of a retry take no time; every other timer is as it is. Call it in a hook; `mockRestore` of what it returns ends it. */
export function withoutWaits(): jest.SpyInstance {
  const real = setTimeout;
  const waits = new Set([500, 1000, 2000, 3000, 4000]);
  const quick = (work: () => void, milliseconds?: number): NodeJS.Timeout =>
    real(work, waits.has(milliseconds!) ? 0 : milliseconds);
  return jest.spyOn(globalThis, 'setTimeout').mockImplementation(quick as typeof setTimeout);
}

/** What differs from run to run, by what it stands for. Lines that come several times at once (of blobs on their way together) are said once. */
export function readable(lines: readonly string[], names: Readonly<Record<string, string>>): string[] {
  const known = Object.entries(names).sort(([one], [other]) => other.length - one.length);
  const plain = lines.map((line) =>
    known
      .reduce((text, [found, name]) => text.replaceAll(found, name), line)
      .replace(/sha256:[0-9a-f]{64}/g, 'sha256:…')
      .replace(/uploads\/[0-9a-f-]{36}/g, 'uploads/…')
      .replace(/ {2}\d+\.\d s$/, '')
      .replace(/customer-[0-9a-f]{40}/g, 'customer-<commit>')
      .replace(/c-[0-9a-f]{64}/g, 'c-<key>')
      .trimEnd(),
  );
  return plain.filter((line, index) => plain.indexOf(line) === index);
}
