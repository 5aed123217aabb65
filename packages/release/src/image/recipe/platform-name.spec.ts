import { normalizePlatform } from './platform-name';

test.each([
  ['linux/amd64', 'linux/amd64'],
  ['linux/x86_64', 'linux/amd64'],
  ['LINUX/AMD64', 'linux/amd64'],
  ['linux/amd64/v1', 'linux/amd64'],
  ['linux/amd64/v2', 'linux/amd64/v2'],
  ['x86-64', 'linux/amd64'],
  ['aarch64', 'linux/arm64'],
  ['linux/arm64/v8', 'linux/arm64'],
  ['linux/arm64/8', 'linux/arm64'],
  ['linux/arm64/v9', 'linux/arm64/v9'],
  ['linux/arm', 'linux/arm/v7'],
  ['linux/arm/7', 'linux/arm/v7'],
  ['linux/armel', 'linux/arm/v6'],
  ['s390x', 'linux/s390x'],
  ['windows/amd64', 'windows/amd64'],
  ['linux', 'linux'],
  ['a/b/c/d', 'a/b/c/d'],
  ['linux/constructor', 'linux/constructor'],
])('%s is %s', (text, platform) => expect(normalizePlatform(text)).toBe(platform));
