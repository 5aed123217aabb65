import { thrownProblem } from '../../../../release/testing/thrown-problem';
import type { Descriptor } from './manifest-format';
import { listPlatforms, parsePlatform, selectPlatform } from './platform';

const digest = (fill: string) => `sha256:${fill.repeat(64)}`;
const descriptor = (fill: string, more: Partial<Descriptor> = {}): Descriptor => ({
  mediaType: 'application/octet-stream',
  digest: digest(fill),
  size: 3,
  ...more,
});

describe('platforms', () => {
  it('are read', () => {
    expect(parsePlatform('linux/amd64')).toStrictEqual({ os: 'linux', architecture: 'amd64' });
    expect(parsePlatform('linux/arm/v7')).toEqual({ os: 'linux', architecture: 'arm', variant: 'v7' });
    for (const text of ['', 'linux', 'linux/', '/amd64', 'linux/arm/v7/x', 'Linux/amd64', 'linux/a b']) {
      expect(thrownProblem(() => parsePlatform(text)).code).toBe('wrong-option');
    }
  });

  const of = (...platforms: string[]) => ({
    manifests: platforms.map((text, place) => descriptor(place.toString(16), { platform: parsePlatform(text) })),
  });

  it.each<[string, string[], number | undefined]>([
    ['linux/amd64', ['linux/arm64', 'linux/amd64'], 1],
    ['linux/arm64', ['linux/arm64/v8'], 0],
    ['linux/arm64/v8', ['linux/arm64'], 0],
    ['linux/arm', ['linux/arm/v6', 'linux/arm/v7'], 1],
    ['linux/arm', ['linux/arm/v5', 'linux/arm/v6'], 0],
    ['linux/arm/v6', ['linux/arm/v7'], undefined],
    ['linux/amd64', ['linux/amd64/v3', 'linux/amd64'], 1],
    ['linux/amd64', ['linux/amd64', 'linux/amd64'], 0],
    ['linux/arm64', ['linux/arm64', 'linux/arm64/v8'], 0],
    ['windows/amd64', ['linux/amd64'], undefined],
    ['linux/s390x', [], undefined],
  ])('%s of %j', (wanted, available, place) => {
    expect(selectPlatform(of(...available), parsePlatform(wanted))?.digest).toBe(
      place === undefined ? undefined : digest(`${place}`),
    );
  });

  it('are listed without attestations', () => {
    const attestation = descriptor('e', { platform: { os: 'unknown', architecture: 'unknown' } });
    const { manifests } = of('linux/arm64', 'linux/amd64', 'linux/amd64');
    expect(listPlatforms({ manifests: [...manifests, attestation, descriptor('f')] })).toEqual(['linux/amd64', 'linux/arm64']);
  });
});
