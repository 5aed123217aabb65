import { KdcubeError } from '@kdcube/release/internal';
import { requireSupportedSystem } from './supported-system';

it.each(['linux', 'darwin'] as const)('runs on %s', (platform) => expect(() => requireSupportedSystem(platform)).not.toThrow());

it('rejects Windows, and names WSL 2', () => {
  expect(() => requireSupportedSystem('win32')).toThrow(KdcubeError);
  expect(() => requireSupportedSystem('win32')).toThrow(/\[unsupported-system\][^]*wsl --install/);
});
