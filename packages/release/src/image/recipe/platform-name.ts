/** The names that Docker takes for an architecture, and what it makes of them. */
const ARCHITECTURES: Record<string, string> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  armhf: 'arm/v7',
  armel: 'arm/v6',
  arm: 'arm/v7',
  i386: '386',
};

/** The variants that stand for the architecture without one. */
const DEFAULT_VARIANTS = new Set(['amd64/v1', 'arm64/v8']);

/** A platform as Docker reads it in `FROM --platform`: `Linux/x86_64`, `aarch64` and `linux/arm64/v8` are names for the usual ones. Unknown ones stay as they are. */
export function normalizePlatform(text: string): string {
  const parts = text.toLowerCase().split('/');
  const [os, name, variant] = parts.length === 1 && isArchitecture(parts[0]!) ? ['linux', parts[0]!] : parts;
  if (name === undefined || parts.length > 3) return text.toLowerCase();
  const known = Object.hasOwn(ARCHITECTURES, name) && (variant === undefined || name !== 'arm') ? ARCHITECTURES[name]! : name;
  const architecture = variant === undefined ? known : `${known}/${/^\d+$/.test(variant) ? `v${variant}` : variant}`;
  return `${os}/${DEFAULT_VARIANTS.has(architecture) ? architecture.split('/')[0]! : architecture}`;
}

function isArchitecture(text: string): boolean {
  return Object.hasOwn(ARCHITECTURES, text) || ['amd64', 'arm64', '386', 's390x', 'ppc64le', 'riscv64'].includes(text);
}
