import { KdcubeError, quoted } from '@kdcube/release/internal';

export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
}

/** The entries of an index, as far as they concern platforms. */
interface PlatformIndex<T extends { platform?: Platform }> {
  manifests: readonly T[];
}

/** Parses `linux/amd64` or `linux/arm64/v8`. Throws the Problem `wrong-option`. */
export function parsePlatform(text: string): Platform {
  const [os, architecture, variant, ...more] = text.split('/');
  if (more.length > 0 || ![os, architecture, variant ?? 'x'].every((part) => /^[a-z0-9._-]+$/.test(part ?? ''))) {
    throw new KdcubeError({
      code: 'wrong-option',
      message: `${quoted(text)} is not a platform.`,
      hint: 'for example linux/amd64 or linux/arm64',
    });
  }
  return { os: os!, architecture: architecture!, ...(variant === undefined ? {} : { variant }) };
}

export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter(Boolean).join('/');
}

/** The entry of an index for a platform: the one with the same variant (arm64 is v8, arm is v7); without a requested variant, else the first. */
export function selectPlatform<T extends { platform?: Platform }>(index: PlatformIndex<T>, wanted: Platform): T | undefined {
  const matching = index.manifests.filter(
    ({ platform }) => platform?.os === wanted.os && platform.architecture === wanted.architecture,
  );
  const exact = matching.find(({ platform }) => variantOf(platform!) === variantOf(wanted));
  return exact ?? (wanted.variant ? undefined : matching[0]);
}

export function matchesPlatform(one: Platform, other: Platform): boolean {
  const isEqual = one.os === other.os && one.architecture === other.architecture;
  return isEqual && (!one.variant || !other.variant || one.variant === other.variant);
}

/** The platforms of an index, for a message. Attestations are entries without a platform. */
export function listPlatforms(index: PlatformIndex<{ platform?: Platform }>): string[] {
  const names = index.manifests.flatMap(({ platform }) =>
    platform && platform.os !== 'unknown' ? [formatPlatform(platform)] : [],
  );
  return [...new Set(names)].sort();
}

function variantOf({ architecture, variant }: Platform): string {
  if (variant) return variant;
  return { arm64: 'v8', arm: 'v7', amd64: 'v1' }[architecture] ?? '';
}
