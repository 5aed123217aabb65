import { environmentText, textFiles } from '../../../testing/environments';
import { generations, type Generation } from '../../platform/generation';
import { readEnvironment } from '../read-environment';

const CURRENT = '2026.8.18';

function read(more: string, generation: Generation = CURRENT) {
  const { problems, notes } = readEnvironment('one', textFiles({ one: environmentText(more) }), { generation });
  const relevant = notes.filter(({ message }) => /session_token|read-only/.test(message));
  return { problems, notes: relevant };
}

const login = (env: string, proc = '', ingress = '') => `env: { shared: { ${env} }, proc: { ${proc} }, ingress: { ${ingress} } }`;

describe('a login by a bundle', () => {
  test.each<[string, Generation, string[]]>([
    ...generations.map((generation): [string, Generation, string[]] => [
      'AUTH_PROVIDER: session, SECRETS_PROVIDER: aws-sm',
      generation,
      generation.startsWith('2026.3') ? ['env-value'] : [],
    ]),
    ['AUTH_PROVIDER: session, SECRETS_PROVIDER: aws_sm', CURRENT, []],
    ['AUTH_PROVIDER: session, SECRETS_PROVIDER: secrets-file', CURRENT, []],
    ['AUTH_PROVIDER: Bundle-Session, SECRETS_PROVIDER: in_memory', CURRENT, ['env-value']],
    ['AUTH_PROVIDER: bundle, SECRETS_PROVIDER: env', CURRENT, ['env-value']],
    ['AUTH_PROVIDER: cognito, SECRETS_PROVIDER: none', '2026.3.1', []],
    ['SECRETS_PROVIDER: none', CURRENT, []],
  ])('%s on %s', (env, generation, expected) => {
    expect(read(login(env), generation).problems.map(({ code }) => code)).toEqual(expected);
  });

  test('without a provider, the note names the secret', () => {
    const { problems, notes } = read(login('AUTH_PROVIDER: session'));
    expect([problems, notes.map(({ code, at }) => [code, at?.path])]).toEqual([
      [],
      [
        ['env-missing', 'env.shared.AUTH_PROVIDER'],
        ['env-missing', 'env.shared.AUTH_PROVIDER'],
      ],
    ]);
  });

  test('ingress and proc must have the same one', () => {
    const secrets = 'SECRETS_PROVIDER: aws-sm';
    const { problems } = read(login(secrets, 'AUTH_PROVIDER: session', 'AUTH_PROVIDER: cognito'));
    expect(problems).toMatchObject([
      { code: 'env-value', at: { path: 'env.ingress.AUTH_PROVIDER' }, message: expect.stringContaining('would refuse') },
    ]);
    expect(read(login(secrets, 'AUTH_PROVIDER: session', 'AUTH_PROVIDER: bundle')).problems).toEqual([]);
  });
});

describe('a read-only configuration folder', () => {
  const proc = (mounts: string) =>
    `services: { chat-proc: { component: proc, image: kdcube-chat-proc-bundled, mounts: { ${mounts} } } }`;

  test.each<[string, Generation, number]>([
    ['/config: { efs: fs-0123abcd, read_only: true }', CURRENT, 1],
    ['/config/: { efs: fs-0123abcd, read_only: true }', CURRENT, 1],
    ['/config/economics.yaml: { efs: fs-0123abcd, read_only: true }', CURRENT, 1],
    ['/config/economics.yaml: { efs: fs-0123abcd, read_only: true }', '2026.4.19', 0],
    ['/config: { efs: fs-0123abcd, read_only: true }', '2026.3.3', 0],
    ['/config: { efs: fs-0123abcd }', CURRENT, 0],
    ['/config/assembly.yaml: { efs: fs-0123abcd, read_only: true }', CURRENT, 0],
  ])('%s on %s', (mounts, generation, count) => {
    const { problems, notes } = read(proc(mounts), generation);
    expect([problems, notes.length]).toEqual([[], count]);
  });
});
