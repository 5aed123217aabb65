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
import type { ImageConfig } from '../../registry/manifest-format';

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

/** The line of an image's history that installs git. */
function gitInHistory(history: readonly unknown[]): string | undefined {
  for (const entry of history) {
    const command = (entry as { created_by?: unknown } | null)?.created_by;
    if (typeof command !== 'string') continue;
    const installed =
      /\b(?:apt-get|apt|apk|dnf|microdnf|yum|zypper)\b[^;&|]*?\b(?:install|add)\b[^;&|]*?\sgit(?=[\s=;&|]|$)/.exec(command);
    if (installed) return `its history has ${installed[0].replace(/\s+/g, ' ').slice(0, 60)}`;
  }
  return undefined;
}
