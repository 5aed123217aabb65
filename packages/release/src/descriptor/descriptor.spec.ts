import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parse } from 'yaml';
import { expectGolden } from '../../../../tools/testing/golden';
import { KdcubeError } from '../problem/problem';
import { generations } from '../platform/generation';
import type { BundlePin } from '../release/pin';
import { mustReadRelease } from '../release/read';
import type { ReleaseOptions } from '../release/release';
import { oneLine, planDescriptor } from './descriptor';
import type { DescriptorOptions, DescriptorPlan } from './descriptor';

const GOLDENS = join(__dirname, '../../fixtures/descriptors');
const COMMIT = '1111111111111111111111111111111111111111';
const TREE = '2222222222222222222222222222222222222222';

const RELEASE = `
release_name: "prod-2026-02-22"
platform: { repo: kdcube-ai-app, ref: "v0.3.2" }
repos:
  crm-repo: "https://git.example.com/a/very/long/path/that/a/message/would/cut/but/a/descriptor/never/may/crm.git"
bundles:
  default_bundle_id: "ledger@2.0.0"
  items:
    - id: "ledger@2.0.0"
      name: "Ledger's"
      description: "yes"
      singleton: true
      repo: "git@git.example.com:acme/ledger.git"
      ref: "v2.0.0"
      subdir: "bundles"
    - id: "crm@1-0"
      repo: "crm-repo"
      ref: "crm-v1.0"
      config: { model: "1e3", "on": { retries: 3, ratio: 0.5, tags: ["no", "2026-02-22"], empty: "", none: null } }
`;
const WORKSPACE = `${RELEASE}    - id: "desk@1-0"\n`;

function pinOf(ref: string, subdir: string, path: string, repo: string): BundlePin {
  return { pin: 1, repo, ref, subdir, commit: COMMIT, path, tree: TREE };
}

const PINS = new Map<string, BundlePin>([
  ['ledger@2.0.0', pinOf('v2.0.0', 'bundles', 'bundles/ledger_2_0_0', 'git@git.example.com:acme/ledger.git')],
  ['crm@1-0', pinOf('crm-v1.0', '', 'crm@1-0', 'crm-repo')],
]);

function plan(options: DescriptorOptions & ReleaseOptions, text = options.mode === 'git' ? RELEASE : WORKSPACE): DescriptorPlan {
  return planDescriptor(mustReadRelease(text, 'release.yaml', options).release, PINS, options);
}

const CASES = generations.flatMap((generation) =>
  (['baked', 'git'] as const).map((mode) => ({ generation, mode, name: `${generation}-${mode}` })),
);

const NO_PYYAML = spawnSync('python3', ['-c', 'import yaml']).status !== 0;
const testWithPyyaml = NO_PYYAML ? test.skip : test;
const PYYAML = `PyYAML reads the same${NO_PYYAML ? ' (skipped: python3 has no PyYAML)' : ''}`;

function pyyaml(text: string): unknown {
  const code = 'import sys, json, yaml; print(json.dumps(yaml.safe_load(sys.stdin.read())))';
  const { stdout, stderr, status } = spawnSync('python3', ['-c', code], { input: text, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

describe.each(CASES)('$name', ({ generation, mode, name }) => {
  const { files, descriptor, env, kind } = plan({ generation, mode });

  test('golden', () => {
    expectGolden(
      join(GOLDENS, `${name}.txt`),
      Object.entries(files)
        .map(([file, text]) => `--- ${file}\n${text}`)
        .join(''),
    );
  });

  test('is chosen by the generation', () => {
    expect(kind).toBe(generations.indexOf(generation) < 2 ? 'env-json' : 'bundles-yaml');
  });

  test('every file is the same in YAML 1.1 and 1.2', () => {
    for (const [file, text] of Object.entries(files)) {
      if (!file.endsWith('.yaml')) continue;
      expect(parse(text, { version: '1.1' })).toEqual(parse(text, { version: '1.2' }));
    }
  });

  test('the files contain the same data as the descriptor', () => {
    if (kind === 'bundles-yaml') {
      expect(parse(files['bundles.yaml']!)).toEqual(json(descriptor));
      return;
    }
    expect(JSON.parse(files['agentic-bundles.json']!)).toEqual(json(descriptor));
    expect(JSON.parse(env.AGENTIC_BUNDLES_JSON!)).toEqual(json(descriptor));
    const { bundles, default_bundle_id } = descriptor as { bundles: Record<string, unknown>; default_bundle_id: string };
    expect(parse(files['release.yaml']!)).toEqual(json({ bundles: { default_bundle_id, items: Object.values(bundles) } }));
  });

  test('the env file preserves every value', () => {
    expect(readEnvFile(files['descriptor.env']!)).toEqual(env);
  });

  testWithPyyaml(PYYAML, () => {
    for (const [file, text] of Object.entries(files)) {
      if (!file.endsWith('.yaml')) continue;
      expect(pyyaml(text)).toEqual(json(parse(text)));
    }
  });
});

/** Parses an env_file as compose does: single quotes prevent expansion. */
function readEnvFile(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .trimEnd()
      .split('\n')
      .map((line) => {
        const [, name, quotedValue, plain] = /^(\w+)=(?:'([^']*)'|([^'"\s$\\]*))$/.exec(line)!;
        return [name!, quotedValue ?? plain ?? ''];
      }),
  );
}

function json(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** Strings that some parsers of YAML, JSON or env files misread. */
const HARD = [
  ...[
    'yes',
    'No',
    'on',
    'OFF',
    'y',
    'n',
    'true',
    'null',
    '~',
    '',
    ' ',
    '=',
    '<<',
    '1e3',
    '1_000',
    '0o17',
    '017',
    '0x1F',
    '0b1',
    '.5',
    '1.',
  ],
  ...[
    '12:30',
    '190:20:30',
    '2026-02-22',
    '2026-02-22T10:00:00Z',
    '.inf',
    '-.INF',
    '.NaN',
    '- a',
    '? a',
    'a: b',
    'a #b',
    '#',
    '&a',
    '*a',
    '!a',
  ],
  ...[
    '%a',
    '@a',
    '`a`',
    '|',
    '>',
    '[a]',
    '{a: b}',
    "it's",
    '"q"',
    '\\',
    '$HOME',
    '${X:-1}',
    '$$',
    'a\nb',
    'a\r\nb',
    '\t',
    '\u0000',
    '\u001b[31m',
  ],
  ...['ü', '漢', '😀', '\u2028', '\u00a0', '\ufeff', '\u0085', 'x'.repeat(300), 'a '.repeat(100)],
];

// A key "<<" is rejected when release.yaml is read, quoted or not.
const KEYS = HARD.filter((text) => text !== '<<');

describe('strings that are hard to quote', () => {
  const config = {
    numbers: [0, -1, 1.5, 1e21, 1e-7, -2.5e-9, 123456789012345, true, false, null],
    nested: [[], {}, [[]], [[1, [2]], { a: [{ b: {} }], c: [] }]],
    values: HARD,
    keys: Object.fromEntries(KEYS.map((text, index) => [text, index])),
  };
  const release = mustReadRelease('platform: {ref: v1.0.0}\nbundles: {items: [{id: a}]}', 'release.yaml').release;
  release.bundles[0]!.config = config;

  const plans = (['2026.3.3', '2026.4.19'] as const).map((generation) => {
    const { files, env, descriptor } = planDescriptor({ ...release, generation }, new Map(), { mode: 'baked' });
    const items = generation === '2026.3.3' ? { bundles: { default_bundle_id: 'a', items: [itemOf(descriptor)] } } : descriptor;
    return { generation, env, files, yaml: files['release.yaml'] ?? files['bundles.yaml']!, expected: json(items) };
  });

  test.each(plans)('are preserved in $generation', ({ files, env, yaml, expected }) => {
    expect(readEnvFile(files['descriptor.env']!)).toEqual(env);
    for (const version of ['1.1', '1.2'] as const) expect(parse(yaml, { version })).toEqual(expected);
  });

  testWithPyyaml(PYYAML, () => {
    for (const { yaml, expected } of plans) expect(pyyaml(yaml)).toEqual(expected);
  });

  test('one line is ASCII, without a single quote, and gives the same JSON', () => {
    const line = oneLine(config);
    expect(line).toMatch(/^[\x20-\x7e]*$/);
    expect(line).not.toContain("'");
    expect(JSON.parse(line)).toEqual(config);
  });
});

function itemOf(descriptor: Record<string, unknown>): unknown {
  return (descriptor.bundles as Record<string, unknown>).a;
}

describe('what the platform requires', () => {
  const entries = (generation: (typeof generations)[number], mode: 'baked' | 'git' = 'baked') => {
    const { bundles } = plan({ generation, mode }).descriptor as { bundles: { items?: Record<string, unknown>[] } };
    return bundles.items ?? (Object.values(bundles) as unknown as Record<string, unknown>[]);
  };

  test('baked entries have the path /bundles and the module of their folder', () => {
    for (const generation of generations)
      expect(entries(generation).map(({ path, module }) => [path, module])).toEqual([
        ['/bundles', 'ledger_2_0_0.entrypoint'],
        ['/bundles', 'crm@1-0.entrypoint'],
        ['/bundles', 'desk@1-0.entrypoint'],
      ]);
  });

  test('env-json has repo, ref, subdir and commit, with git resolution off; bundles-yaml only the commit', () => {
    expect(entries('2026.3.1')[1]).toMatchObject({
      repo: expect.stringMatching(/crm\.git$/),
      ref: 'crm-v1.0',
      subdir: '',
      git_commit: COMMIT,
    });
    for (const entry of entries('2026.4.19')) expect(Object.keys(entry)).not.toEqual(expect.arrayContaining(['repo']));
    expect(entries('2026.4.19')[0]).toMatchObject({ git_commit: COMMIT });
    for (const generation of generations)
      expect(plan({ generation, mode: 'baked' }).env).toMatchObject({
        BUNDLE_GIT_RESOLUTION_ENABLED: '0',
        BUNDLES_INCLUDE_EXAMPLES: '0',
      });
  });

  test('a workspace bundle has no repo, ref or commit', () => {
    for (const generation of generations) expect(Object.keys(entries(generation)[2]!)).toEqual(['id', 'path', 'module']);
  });

  test('settings have the key that the generation reads', () => {
    expect(entries('2026.3.3')[1]).toHaveProperty('props');
    expect(entries('2026.4.19')[1]).toHaveProperty('config');
  });

  test('git mode enables git resolution with a lock, and pulls only with alwaysPull', () => {
    expect(plan({ generation: '2026.3.1', mode: 'git' }).env).toMatchObject({
      BUNDLE_GIT_RESOLUTION_ENABLED: '1',
      BUNDLE_GIT_REDIS_LOCK: '1',
      BUNDLE_GIT_ALWAYS_PULL: '0',
    });
    expect(plan({ generation: '2026.3.1', mode: 'git', alwaysPull: true }).env.BUNDLE_GIT_ALWAYS_PULL).toBe('1');
    expect(plan({ generation: '2026.3.1', mode: 'baked', examples: true }).env.BUNDLES_INCLUDE_EXAMPLES).toBe('1');
  });

  test('the option kind overrides the generation', () => {
    expect(plan({ generation: '2026.3.1', mode: 'baked', kind: 'bundles-yaml' }).files).toHaveProperty(['bundles.yaml']);
  });

  test.each([
    ['no bundles', 'platform: {ref: v1.0.0}\n', 'baked', 'no-bundles'],
    ['a workspace bundle in git mode', 'platform: {ref: v1.0.0}\nbundles: {items: [{id: a}]}', 'git', 'missing-ref'],
    [
      'a bare name in git mode',
      'platform: {ref: v1.0.0}\nbundles: {items: [{id: a, repo: here, ref: v1}]}',
      'git',
      'unknown-repo',
    ],
    [
      'a name of Object.prototype',
      'platform: {ref: v1.0.0}\nbundles: {items: [{id: a, repo: constructor, ref: v1}]}',
      'git',
      'unknown-repo',
    ],
    [
      'a folder with a dot on the first platforms',
      'platform: {ref: v1.0.0}\nbundles: {items: [{id: a.b, repo: "git@h:o/r", ref: v1}]}',
      'git',
      'module-mismatch',
    ],
  ] as const)('%s: %s is rejected', (_, text, mode, code) => {
    const { release } = mustReadRelease(text, 'release.yaml', { mode });
    try {
      planDescriptor(release, new Map(), { mode });
      throw new Error('nothing was thrown');
    } catch (error) {
      expect((error as KdcubeError).problems.map((problem) => problem.code)).toEqual([code]);
    }
  });

  test('in git mode a folder with a dot becomes the subdir on current platforms', () => {
    const text = 'platform: {ref: "2026.7.20"}\nbundles: {items: [{id: a.b, repo: "git@h:o/r", ref: v1, subdir: x}]}';
    const { descriptor } = planDescriptor(mustReadRelease(text, 'release.yaml').release, new Map(), { mode: 'git' });
    expect(descriptor).toMatchObject({ bundles: { items: [{ subdir: 'x/a.b', module: 'entrypoint' }] } });
  });
});
