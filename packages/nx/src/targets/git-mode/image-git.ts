import { applyCheck, type CheckResult, type Generation, gitModeFacts, imageGit } from '@kdcube/release/internal';
import type { ImageConfig } from '../../registry/manifest-format';

/** Whether proc's image has git, by what is known without its layers. */
export function checkImageGit(subject: string, reference: string, config: ImageConfig, generation: Generation): CheckResult {
  const evidence = gitInHistory(config.history ?? []);
  return applyCheck(imageGit, subject, { evidence, inPlatform: gitModeFacts(generation).gitInImage, reference });
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
