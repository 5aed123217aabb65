import { newerTags } from './newer-tags';

test.each<[string, string[], string[]]>([
  ['v1.4.0', ['v1.3.9', 'v1.4.0', 'v1.4.1', 'v1.10.0', 'v2.0'], ['v2.0', 'v1.10.0', 'v1.4.1']],
  ['bundle-v2026.02.22', ['bundle-v2026.2.22', 'bundle-v2026.10.1', 'v2027.1.1', 'bundle-2027.1.1'], ['bundle-v2026.10.1']],
  ['2026.7.20.444', ['2026.08.03.1350', '2026.07.20.0445', '2026.7.20'], ['2026.08.03.1350', '2026.07.20.0445']],
  // What stays may hold digits, and dots.
  ['app@2-0/v3', ['app@2-0/v4', 'app@3-0/v5', 'app@2-0/v2'], ['app@2-0/v4']],
  ['app.2/v1.0', ['app.2/v1.1', 'app.3/v9.0'], ['app.2/v1.1']],
  [
    'release-2026-02-22',
    ['release-2026-2-22', 'release-2026-02-23', 'release-2026_03_01'],
    ['release-2026_03_01', 'release-2026-02-23'],
  ],
  ['release-9', ['release-10', 'release-10', 'release-8'], ['release-10']],
  // A release does not become a pre-release; a pre-release becomes either.
  ['v1.0.0', ['v1.1.0-rc.1', 'v1.0.1'], ['v1.0.1']],
  ['v1.1.0-rc.2', ['v1.1.0-rc.1', 'v1.1.0-rc.10', 'v1.1.0', 'v1.2.0-rc.1'], ['v1.2.0-rc.1', 'v1.1.0', 'v1.1.0-rc.10']],
  ['v1', ['v99999999999999999999999', 'v99999999999999999999998'], ['v99999999999999999999999', 'v99999999999999999999998']],
])('newer than %s', (current, tags, newer) => expect(newerTags(current, tags)).toEqual(newer));

test.each(['main', '', 'latest', 'stable-'])('no tag is newer than %j, which has no number', (current) => {
  expect(newerTags(current, ['v1.0.0', 'main2', ''])).toEqual([]);
});

test('a long tag takes no time', () => {
  const long = `v${'1-'.repeat(50_000)}x`;
  expect(newerTags(long, [`${long}1`])).toEqual([]);
});
