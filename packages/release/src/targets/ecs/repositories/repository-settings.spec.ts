import { repositorySettings, type RepositorySettings, type RepositoryUse } from './repository-settings';

it.each<[RepositoryUse, RepositorySettings]>([
  ['built', { mutability: 'IMMUTABLE_WITH_EXCLUSION', exclusions: ['acme-*'], scanOnPush: true }],
  ['mirrored', { mutability: 'IMMUTABLE', exclusions: [], scanOnPush: true }],
  ['platform', { mutability: 'MUTABLE_WITH_EXCLUSION', exclusions: ['c-*'], scanOnPush: true }],
  ['records', { mutability: 'IMMUTABLE', exclusions: [], scanOnPush: false }],
])('%s: only tags that move can be moved, and images are scanned', (use, settings) => {
  expect(repositorySettings(use, 'acme')).toEqual(settings);
});
