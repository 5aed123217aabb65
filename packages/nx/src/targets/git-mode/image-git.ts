import {
  applyCheck,
  type CheckResult,
  type Environment,
  type Generation,
  gitModeFacts,
  imageGit,
} from '@kdcube/release/internal';
import { readImageStatus } from '../../images/image-status';
import type { Log } from '../../system/log';
import { inParallel } from '../../system/parallel';
import type { ImageConfig } from '../../registry/manifests/manifest-format';

/** Whether proc's image has git, by what is known without its layers. */
export function checkImageGit(subject: string, reference: string, config: ImageConfig, generation: Generation): CheckResult {
  const evidence = gitInHistory(config.history ?? []);
  return applyCheck(imageGit, subject, { evidence, inPlatform: gitModeFacts(generation).gitInImage, reference });
}

/**
 * Whether every image of proc has git although the platform's own images of this generation have none: their history shows it. `images`: those of the release by name. Undefined if the generation
 * decides: no history shows git, or a registry cannot be read.
 */
export async function findImageGit(
  { bundles, services }: Pick<Environment, 'bundles' | 'services'>,
  generation: Generation,
  images: ReadonlyMap<string, string>,
  log: Log,
): Promise<boolean | undefined> {
  if (bundles.mode !== 'git' || gitModeFacts(generation).gitInImage) return undefined;
  const procs = services.filter(({ component }) => component === 'proc');
  const found = await inParallel(procs, 4, async ({ image, architecture }) => {
    const reference = image.kind === 'digest' ? image.reference : images.get(image.name);
    if (reference === undefined) return false;
    const status = await readImageStatus(reference, `linux/${architecture}`, log);
    return status.is === 'found' && gitInHistory(status.config.history ?? []) !== undefined;
  });
  return found.length > 0 && found.every(Boolean) ? true : undefined;
}

const PACKAGE_MANAGERS = new Set(['apt-get', 'apt', 'apk', 'dnf', 'microdnf', 'yum', 'zypper']);
const INSTALLS = new Set(['install', 'add']);
const REMOVES = new Set(['remove', 'purge', 'del', 'erase', 'autoremove']);
/** A line of a history comes from the registry: real ones are shorter. */
const MAX_LINE = 16_384;

/** The command in an image's history that installs git, unless a later one removes it. */
function gitInHistory(history: readonly unknown[]): string | undefined {
  let evidence: string | undefined;
  for (const entry of history) {
    const line = (entry as { created_by?: unknown } | null)?.created_by;
    if (typeof line !== 'string') continue;
    for (const command of line
      .slice(0, MAX_LINE)
      .replaceAll('\\\n', ' ')
      .split(/[;&|\n]/)) {
      const change = gitChange(command.split(/[\s"'()]+/));
      if (change === undefined) continue;
      evidence = change.isInstalled ? `its history has ${change.text}` : undefined;
    }
  }
  return evidence;
}

/** How one command of a package manager changes git. */
function gitChange(tokens: readonly string[]): { isInstalled: boolean; text: string } | undefined {
  const manager = tokens.findIndex((token) => PACKAGE_MANAGERS.has(token.slice(token.lastIndexOf('/') + 1)));
  if (manager === -1) return undefined;
  const verb = tokens.findIndex((token, at) => at > manager && (INSTALLS.has(token) || REMOVES.has(token)));
  if (verb === -1) return undefined;
  const git = tokens.findIndex((token, at) => at > verb && /^git(?:=|$)/.test(token));
  if (git === -1) return undefined;
  return {
    isInstalled: INSTALLS.has(tokens[verb]!),
    text: tokens
      .slice(manager, git + 1)
      .join(' ')
      .slice(0, 60),
  };
}
