import { KdcubeError } from '@kdcube/release/internal';

/** Rejects Windows: no file modes, no signals for child processes, and symlinks only with a privilege (docs/support.md). */
export function requireSupportedSystem(platform: NodeJS.Platform = process.platform): void {
  if (platform !== 'win32') return;
  throw new KdcubeError({
    code: 'unsupported-system',
    message: '@kdcube/nx does not run on Windows: it needs file modes, symlinks and signals.',
    hint: 'wsl --install    and run the same command in WSL 2',
  });
}
