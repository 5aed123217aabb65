import { foundInCompose } from '../src/targets/compose/import/compose';
import { KdcubeError } from '../src/problem/problem';

/** One folder of compose files, as an import and compose itself read it. */
export interface ComposeCase {
  name: string;
  files: Record<string, string>;
}

/** Variables by service; undefined if the folder is refused. */
export type ComposeVariables = Record<string, Record<string, string>> | undefined;

/** The same numbers on every machine (mulberry32). */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** Pieces that mean something to a reader of env files. */
const ENV_PIECES = [
  "'",
  '"',
  '\\',
  '$',
  '{',
  '}',
  '#',
  ' ',
  ' #',
  '=',
  ':',
  '\n',
  '\t',
  'a',
  'B1',
  '\\n',
  "\\'",
  '\\"',
  '\\$',
  '$$',
  '${B}',
];
const ENV_TOKENS = [
  '${SET}',
  '${NONE:-x}',
  '${SET:-x}',
  '${SET:+y}',
  '${NONE-${SET}}',
  '${',
  'export ',
  '\r\n',
  '\\0101',
  'ü',
  '-',
  '$SET',
  '$5',
  '{"a":1}',
];
const NUMBERS =
  '0 022 -0 09 1_000 0x1F 0b11 0o17 -0o17 +5 1.10 1. .5 1e3 1e6 1E-7 123456.789e3 123456789012345678 18446744073709551615 18446744073709551616';
const OTHERS =
  'yes no True FALSE null ~ 1:30 2026-01-01 2026-1-2T03:04:05Z 1.2.3 -.5 +.5 0x 0o9 1__0 _1 12e 0.0001 0.00001 100000.0 1000000.0 -1e21 !!str 5';
const SCALARS = [
  ...`${NUMBERS} ${OTHERS}`.replace('!!str 5', '').trim().split(' '),
  ...[
    '!!str 5',
    '!mine x',
    '2026-01-02 03:04:05.10',
    '2026-01-02T03:04:05.5+02:00',
    '2026-13-01',
    '"0x1F"',
    "'022'",
    'a: b',
    '[x]',
  ],
  ...[
    '"${SET}"',
    '${NONE:-{"a":{"b":1}}}',
    '"${SET:-{x}}"',
    '"$5 $$ $"',
    '"${NONE:+a}${SET:+b}"',
    '${5}',
    '".inf"',
    '.inf',
    '"a\\tb"',
  ],
];

/** Values of `environment`, env files, and files that are merged. */
export function composeTable(): ComposeCase[] {
  const pick = seeded(20261130);
  const oneOf = <T>(list: readonly T[]): T => list[pick(list.length)]!;
  const many = <T>(most: number, make: () => T): T[] => Array.from({ length: 1 + pick(most) }, make);
  const service = (more: string) => `services:\n  a:\n    image: x\n${more}`;
  const scalars = SCALARS.map((text) => ({
    name: `value ${text}`,
    files: { '.env': 'SET=set\n', 'compose.yaml': service(`    environment:\n      A: ${text}\n`) },
  }));
  const envFiles = Array.from({ length: 400 }, (_, index) => {
    const line = () =>
      `${oneOf(['A', 'B', 'C', 'a.b', ' A', 'A '])}${oneOf(['=', '=', '=', ': ', ' = ', ''])}${many(6, () => oneOf(pick(3) ? ENV_PIECES : ENV_TOKENS)).join('')}`;
    const text = many(4, line).join('\n') + oneOf(['\n', '\n', '']);
    return {
      name: `env file ${index}`,
      files: { '.env': 'SET=set\n', 'app.env': text, 'compose.yaml': service('    env_file: [app.env]\n') },
    };
  });
  return [...scalars, ...FILES, ...envFiles, ...Array.from({ length: 60 }, (_, index) => merged(index, pick))];
}

/** Two files with parts of one service, generated. */
function merged(index: number, pick: (below: number) => number): ComposeCase {
  const oneOf = <T>(list: readonly T[]): T => list[pick(list.length)]!;
  const part = () =>
    [
      oneOf([
        '',
        '    environment: [A=1, B]\n',
        '    environment: { A: 2, C: x }\n',
        '    environment: !reset {}\n',
        '    environment: !override { D: 4 }\n',
        '    environment: { A: !reset null, E: 1 }\n',
      ]),
      oneOf([
        '',
        '    env_file: one.env\n',
        '    env_file: [one.env, sub/two.env]\n',
        '    env_file: [./one.env]\n',
        '    env_file: !reset []\n',
        '    env_file: !override [sub/two.env]\n',
        '    env_file: [{ path: sub/two.env, required: false }, { path: none.env, required: false }]\n',
      ]),
      oneOf([
        '',
        '',
        '    extends: base\n',
        '    extends: { service: base }\n',
        '    extends: { file: sub/base.yaml, service: base }\n',
      ]),
    ].join('');
  const base = (more: string) => `  base:\n    image: y\n    environment: { A: base, F: base }\n${more}`;
  return {
    name: `merge ${index}`,
    files: {
      '.env': 'B=from-env\n',
      'one.env': 'A=one\nG=${B}\nH=${A}-h\n',
      'sub/two.env': 'A=two\nG=two\n',
      'sub/three.env': 'I=three\n',
      'sub/base.yaml': `services:\n${base('    env_file: [three.env]\n')}`,
      'compose.yaml': `services:\n  a:\n    image: x\n${part()}${base(oneOf(['', '    env_file: [one.env]\n']))}`,
      'compose.override.yaml': `services:\n  a:\n    image: z\n${part()}${base('')}`,
    },
  };
}

const FILES: ComposeCase[] = [
  ['a byte order mark', { 'app.env': '\uFEFFA=1\n' }, '    env_file: app.env\n'],
  ['no end of line', { 'app.env': 'A=1\nB' }, '    env_file: app.env\n'],
  ['in a folder', { 'config/app.env': 'A=1\n' }, '    env_file: [{ path: ./config/app.env, required: false }]\n'],
  ['that is not there', {}, '    env_file: [{ path: ./config/app.env, required: false }]\n'],
  ['by a variable', { '.env': 'DIR=config\n', 'config/app.env': 'A=1\n' }, '    env_file: ["${DIR}/app.env"]\n'],
  ['raw', { 'app.env': 'A=1\n' }, '    env_file: { path: app.env }\n'],
].map(([name, files, more]) => ({
  name: `file ${name as string}`,
  files: { ...(files as Record<string, string>), 'compose.yaml': `services:\n  a:\n    image: x\n${more as string}` },
}));
FILES.push(
  {
    name: 'include of a folder with its own .env',
    files: {
      '.env': 'A=outer\n',
      'compose.yaml': 'include: [sub/compose.yaml]\nservices: { a: { image: x, environment: ["A=$A"] } }\n',
      'sub/.env': 'A=inner\nB=inner\n',
      'sub/b.env': 'C=$B\n',
      'sub/compose.yaml': 'services: { b: { image: x, env_file: b.env, environment: ["A=$A", "B=$B"] } }\n',
    },
  },
  {
    name: 'include with a project directory and an env file',
    files: {
      'compose.yaml':
        'include: [{ path: sub/compose.yaml, project_directory: other, env_file: my.env }]\nservices: { a: { image: x } }\n',
      'my.env': 'B=mine\n',
      'other/b.env': 'C=c\n',
      'sub/compose.yaml': 'services: { b: { image: x, env_file: b.env, environment: ["B=$B"] } }\n',
    },
  },
  {
    name: 'anchors and merge keys',
    files: {
      'compose.yaml':
        'x-env: &env { A: 1, B: 022 }\nx-more: &more { B: 2, C: yes }\nservices:\n  a: { image: x, environment: { <<: [*env, *more], D: 1 } }\n  b: { image: x, environment: { A: 9, <<: *env } }\n',
    },
  },
);

/** The variables that an import finds. */
export function foundVariables({ files }: ComposeCase): ComposeVariables {
  try {
    const folder = { list: () => Object.keys(files).filter((file) => !file.includes('/')), read: (file: string) => files[file] };
    const { services } = foundInCompose(folder, { directory: '/opt/kdcube', files: [], profiles: [] });
    return Object.fromEntries(services.map(({ name, env }) => [name, env]));
  } catch (error) {
    if (error instanceof KdcubeError) return undefined;
    throw error;
  }
}

/** The variables that `docker compose config --format json` prints. There, a dollar sign is two. */
export function configuredVariables(text: string): ComposeVariables {
  const { services } = JSON.parse(text) as { services: Record<string, { environment?: Record<string, string | null> }> };
  return Object.fromEntries(
    Object.entries(services).map(([name, { environment = {} }]) => [
      name,
      Object.fromEntries(
        Object.entries(environment).flatMap(([key, value]) => (value === null ? [] : [[key, value.replaceAll('$$', '$')]])),
      ),
    ]),
  );
}
