import { AFTER, BEFORE, entry, list, planned, secretOf } from '../../../../testing/rollouts/secrets';
import { planOf } from '../../../../testing/rollouts/kit';
import { thrownProblem } from '../../../../testing/thrown-problem';
import { describeSecretChanges } from '../../../deploy/descriptor-secrets';

type Wanted = NonNullable<Parameters<typeof planned>[0]>;

function secretsOf(wanted: Wanted) {
  return planned(wanted)(planOf()).descriptor.secrets!;
}

const OLD = { old_bundle: entry('old_bundle') };
const writes = (wanted: Wanted) =>
  secretsOf(wanted).writes.map(({ secret, content }) => [secret.replace('kdcube/acme/one/', ''), content]);

test.each<[string, Wanted]>([
  ['the same', { desired: OLD, recorded: OLD }],
  ['settings that were set while it ran, which no release has', { desired: OLD, recorded: OLD }],
  [
    'settings of the last release, changed by an admin since',
    {
      desired: { old_bundle: entry('old_bundle', { props: { limit: 1 } }) },
      recorded: { old_bundle: entry('old_bundle', { props: { limit: 1 } }) },
    },
  ],
  [
    'a tag that was moved to the same tree',
    { desired: { old_bundle: entry('old_bundle', { git_commit: 'f'.repeat(40) }) }, recorded: OLD },
  ],
])('nothing is written: %s', (_, wanted) => {
  expect(secretsOf(wanted)).toMatchObject({ writes: [], reload: false });
});

test.each<[string, Wanted]>([
  ['no deploy has succeeded', { desired: OLD }],
  ['the last successful one had another list', { desired: OLD, recorded: AFTER }],
  ['the last successful one had another entry', { desired: OLD, recorded: { old_bundle: AFTER.old_bundle } }],
  [
    'the last successful one had other settings',
    {
      desired: { old_bundle: entry('old_bundle', { props: { limit: 3 } }) },
      recorded: { old_bundle: entry('old_bundle', { props: { limit: 1 } }) },
    },
  ],
])('nothing is left to write, and what runs may not have loaded it: %s', (_, wanted) => {
  expect(secretsOf(wanted)).toMatchObject({ writes: [], reload: true });
  expect(secretsOf({ ...wanted, reload: false })).toMatchObject({ writes: [], reload: false });
});

test.each<[string, Wanted, [string, object][]]>([
  [
    'a first deploy',
    { secrets: {}, desired: OLD },
    [
      [secretOf('old_bundle'), entry('old_bundle')],
      ['bundles-meta', list('old_bundle')],
    ],
  ],
  [
    'a bundle is added: before the list that names it',
    {},
    [
      [secretOf('old_bundle'), AFTER.old_bundle],
      [secretOf('new_bundle'), AFTER.new_bundle],
      ['bundles-meta', list('old_bundle', 'new_bundle')],
    ],
  ],
  [
    'the settings of the release',
    { desired: { old_bundle: entry('old_bundle', { props: { limit: 9 } }) }, recorded: OLD },
    [[secretOf('old_bundle'), entry('old_bundle', { props: { limit: 9 } })]],
  ],
  [
    'the release has no settings any more',
    { desired: OLD, recorded: { old_bundle: entry('old_bundle', { props: { limit: 3 } }) } },
    [[secretOf('old_bundle'), entry('old_bundle')]],
  ],
  [
    'another default',
    { desired: { ...OLD }, secrets: { ...BEFORE, 'bundles-meta': { default_bundle_id: 'other', bundle_ids: ['old_bundle'] } } },
    [['bundles-meta', list('old_bundle')]],
  ],
])('written: %s', (_, wanted, expected) => {
  expect(writes(wanted)).toEqual(expected);
});

test('bundles that leave: of the last release, or of an admin', () => {
  const secrets = { ...BEFORE, 'bundles-meta': list('old_bundle', 'gone', 'theirs') };
  const { removed, foreign, writes: made } = secretsOf({ secrets, desired: OLD, recorded: { ...OLD, gone: entry('gone') } });
  expect({ removed, foreign, meta: made.at(-1)?.content }).toEqual({
    removed: ['gone'],
    foreign: ['theirs'],
    meta: list('old_bundle'),
  });
});

test('a bundle of an admin alone is no reason to write', () => {
  const secrets = { ...BEFORE, 'bundles-meta': list('old_bundle', 'theirs') };
  expect(secretsOf({ secrets, desired: OLD, recorded: OLD })).toMatchObject({ writes: [], foreign: ['theirs'] });
});

test('a plan has the ids of bundles, and no settings that are only in Secrets Manager', () => {
  const secrets = secretsOf({ recorded: OLD });
  expect(JSON.stringify(secrets)).not.toContain('limit');
  expect(describeSecretChanges(secrets)).toBe(
    'Bundle descriptor in Secrets Manager, kdcube/acme/one: 1 added (new_bundle); 1 changed (old_bundle).',
  );
});

test('a secret that would be too large is refused', () => {
  const desired = { old_bundle: entry('old_bundle', { props: { text: 'x'.repeat(70_000) } }) };
  expect(thrownProblem(() => secretsOf({ desired }))).toMatchObject({
    code: 'limit-exceeded',
    message: expect.stringMatching(/kdcube\/acme\/one\/bundles\/old_bundle\/descriptor would have 70\d\d\d bytes/),
  });
});
