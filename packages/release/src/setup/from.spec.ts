import * as fs from 'node:fs';
import * as path from 'node:path';
import { KdcubeError } from '../problem/problem';
import { planDescriptor } from '../descriptor/descriptor';
import { mustReadRelease } from '../release/read';
import type { BundlePin } from '../release/pin';
import { convertRelease, type ConvertOptions } from './from';

const SAMPLES = path.join(__dirname, '../../fixtures/platform');
const sample = (file: string) => ({ file, content: fs.readFileSync(path.join(SAMPLES, file), 'utf8') });
const NAME = { name: 'acme-1' };

/** The descriptor of the converted release, baked, in the form of the platform's generation. */
function descriptorOf(text: string): { default_bundle_id?: string; bundles: Record<string, unknown>[] } {
  const { release } = mustReadRelease(text, 'release.yaml');
  const pins = new Map(release.bundles.map(({ id }) => [id, { commit: 'c'.repeat(40) } as BundlePin]));
  const { descriptor, kind } = planDescriptor(release, pins, { mode: 'baked' });
  if (kind === 'bundles-yaml') {
    const { items, default_bundle_id } = descriptor.bundles as { items: Record<string, unknown>[]; default_bundle_id?: string };
    return { default_bundle_id, bundles: items };
  }
  const { bundles, default_bundle_id } = descriptor as {
    bundles: Record<string, Record<string, unknown>>;
    default_bundle_id?: string;
  };
  return { default_bundle_id, bundles: Object.values(bundles) };
}

function refused(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof KdcubeError)
      return error.problems.map(({ code, message, at }) => `${at?.file} ${at?.path} ${code} ${message}`).join('\n');
    throw error;
  }
  return 'nothing was refused';
}

describe('the platform’s own samples', () => {
  it('release.yaml of the seed: the same text, and the same descriptor', () => {
    const input = sample('release.example.seed.yaml');
    const { text, dropped } = convertRelease([input], NAME);
    expect(dropped).toEqual([]);
    expect(text).toBe(`# yaml-language-server: $schema=./node_modules/@kdcube/nx/dist/release.schema.json\n${input.content}`);
    expect(descriptorOf(text)).toMatchObject({
      default_bundle_id: 'react@2026-02-10-02-44',
      bundles: [
        {
          id: 'react@2026-02-10-02-44',
          repo: 'git@github.com:kdcube/kdcube-ai-app.git',
          ref: 'v0.3.2',
          path: '/bundles',
          module: 'react@2026-02-10-02-44.entrypoint',
        },
        {
          id: 'app@2-0',
          name: 'Customer App',
          ref: 'bundle-v2026.02.22',
          subdir: 'service/bundles',
          module: 'app@2-0.entrypoint',
        },
      ],
    });
  });

  it('AGENTIC_BUNDLES_JSON of the seed: the same bundle, under a module that Python can import', () => {
    const input = sample('agentic-bundles.example.seed.json');
    const { text, dropped } = convertRelease([input], { ...NAME, platformRef: 'v0.3.2' });
    expect(dropped).toEqual([]);
    const { 'my-bundle@2.0.0': entry } = (JSON.parse(input.content) as { bundles: Record<string, object> }).bundles;
    expect(descriptorOf(text)).toEqual({
      default_bundle_id: 'my-bundle@2.0.0',
      bundles: [{ ...entry, module: 'my_bundle_2_0_0.entrypoint', git_commit: 'c'.repeat(40) }],
    });
  });

  it('assembly.yaml and bundles.yaml: the platform; the apps of its own image are no bundles of a release', () => {
    const { text, dropped } = convertRelease([sample('assembly.head.yaml'), sample('bundles.head.yaml')], NAME);
    expect(mustReadRelease(text, 'release.yaml').release).toMatchObject({
      name: 'acme-1',
      platform: { repo: 'git@github.com:kdcube/kdcube.git', ref: '2026.4.12.500' },
      bundles: [],
    });
    expect(dropped.filter((line) => line.includes('an app in the platform’s own image'))).toHaveLength(6);
    for (const part of ['context', 'infra', 'platform.services', 'frontend.config', 'default_bundle_id "workspace@'])
      expect(dropped).toContainEqual(expect.stringContaining(part));
  });

  it.each(['release.platform.head.yaml', 'release.platform.2026-03-05.yaml'])(
    '%s of the platform itself: its version',
    (file) => {
      const { text } = convertRelease([sample(file)], NAME);
      const { release } = mustReadRelease(text, 'release.yaml');
      expect(release).toMatchObject({
        name: 'acme-1',
        platform: { repo: 'kdcube-ai-app', ref: /ref: "(.*?)"/.exec(sample(file).content)![1] },
      });
    },
  );
});

const ASSEMBLY = {
  file: 'assembly.yaml',
  content: `
context: {tenant: acme, project: demo}
platform: {repo: kdcube-ai-app, ref: "2026.07.20.444", services: {proc: {}}}
frontend: {build: {repo: "git@github.com:acme/ui.git", ref: ui-v1, dockerfile: Dockerfile_UI}, image: ui}
`,
};
const BUNDLES = {
  file: 'bundles.yaml',
  content: `
bundles:
  version: "1"
  default_bundle_id: shop@1-0
  items:
    - {id: shop@1-0, repo: "git@github.com:acme/shop.git", ref: v1.0.0, subdir: src/bundles, module: shop@1-0.entrypoint, config: {rows: 10, note: "ü: # x"}}
    - {id: local, name: Local, path: /srv/local, module: entrypoint, singleton: true, owner: Ann}
    - {id: connection-hub@1-0, config: {x: 1}}
`,
};

it('keeps what a release pins, in order, and names everything else', () => {
  const { text, dropped } = convertRelease([ASSEMBLY, BUNDLES], NAME);
  expect(descriptorOf(text)).toEqual({
    default_bundle_id: 'shop@1-0',
    bundles: [
      {
        id: 'shop@1-0',
        path: '/bundles',
        module: 'shop@1-0.entrypoint',
        git_commit: 'c'.repeat(40),
        config: { rows: 10, note: 'ü: # x' },
      },
      { id: 'local', name: 'Local', singleton: true, path: '/bundles', module: 'local.entrypoint' },
    ],
  });
  expect(mustReadRelease(text, 'release.yaml').release).toMatchObject({
    frontend: { repo: 'git@github.com:acme/ui.git', ref: 'ui-v1' },
    bundles: [{ repo: 'git@github.com:acme/shop.git', ref: 'v1.0.0', subdir: 'src/bundles' }, { kind: 'workspace' }],
  });
  expect(dropped).toEqual([
    'assembly.yaml: context: how the platform runs belongs into environments/<name>.yaml',
    'assembly.yaml: platform.services: how the platform runs belongs into environments/<name>.yaml',
    'assembly.yaml: frontend.build: only its repo and ref are pinned',
    'assembly.yaml: frontend.image: how the frontend runs is not part of a release',
    'bundles.yaml: path of "local": bundles of a release are in /bundles',
    'bundles.yaml: module of "local": a bundle of a release is imported as local.entrypoint',
    'bundles.yaml: owner of "local": release.yaml has no such key',
    'bundles.yaml: "connection-hub@1-0": an app in the platform’s own image, which no release pins. Its settings stay in the platform’s descriptor',
  ]);
  expect(convertRelease([BUNDLES, ASSEMBLY], NAME).text).toBe(text);
  expect(convertRelease([{ file: 'release.yaml', content: text }], NAME)).toEqual({ text, dropped: [] });
});

it('takes the platform’s version from the option, and says which one it replaces', () => {
  const { text, dropped } = convertRelease([ASSEMBLY, BUNDLES], { ...NAME, platformRef: '2026.08.19.120' });
  expect(mustReadRelease(text, 'release.yaml').release.platform.ref).toBe('2026.08.19.120');
  expect(dropped).toContain('assembly.yaml: platform.ref "2026.07.20.444": the option says "2026.08.19.120"');
});

it.each<[string, readonly { file: string; content: string }[], Partial<ConvertOptions>, string]>([
  ['no YAML', [{ file: 'a.yaml', content: 'a: [' }], {}, 'a.yaml undefined yaml-syntax'],
  ['a list', [{ file: 'a.json', content: '[1]' }], {}, 'a.json undefined wrong-type'],
  ['bundles as a bare list', [{ file: 'a.yaml', content: 'bundles: [{id: a}]' }], {}, 'a.yaml bundles list-form'],
  ['no platform', [BUNDLES], {}, 'wrong-option The inputs name no platform version'],
  [
    'the same part twice',
    [BUNDLES, { ...BUNDLES, file: 'b.yaml' }],
    {},
    'b.yaml bundles wrong-option "bundles" is in two files, bundles.yaml and b.yaml',
  ],
  [
    'a branch',
    [ASSEMBLY, { file: 'b.yaml', content: 'items: [{id: a, repo: "git@x.org:a/b.git", ref: main}]' }],
    {},
    'b.yaml bundles.items[0].ref mutable-ref',
  ],
  [
    'a password',
    [ASSEMBLY, { file: 'b.yaml', content: 'items: [{id: a, repo: "https://ann:hunter2hunter2@x.org/b.git", ref: v1}]' }],
    {},
    'url-with-password',
  ],
  [
    'a secret',
    [ASSEMBLY, { file: 'b.yaml', content: 'items: [{id: a, config: {password: hunter2hunter2}}]' }],
    {},
    'secret-value',
  ],
  ['a bundle that is none', [ASSEMBLY, { file: 'b.yaml', content: 'items: [3]' }], {}, 'wrong-type'],
  [
    'an id that JavaScript has',
    [ASSEMBLY, { file: 'b.json', content: '{"bundles": {"__proto__": {"ref": "v1"}}}' }],
    {},
    'b.json',
  ],
])('refuses %s', (_, inputs, options, expected) => {
  const problems = refused(() => convertRelease(inputs, { ...NAME, ...options }));
  expect(problems).toContain(expected);
  expect(problems).not.toContain('hunter2hunter2');
});

it('prints no control character of a key', () => {
  const invalid = { file: 'a.json', content: '{"platform": {"ref": "2026.7.20.444"}, "a\\u001b[31m": 1}' };
  expect(convertRelease([invalid], NAME).dropped).toEqual([expect.stringMatching(/^a\.json: a\\x1b\[31m: /)]);
});

it.each(['frontend: ui', 'frontend: [1]', 'release_name: 3', 'repos: x'])('refuses %s, and does not leave it out', (line) => {
  const input = { file: 'a.yaml', content: `platform: {ref: "2026.7.20.444"}\nother: 1\n${line}\n` };
  expect(refused(() => convertRelease([input], NAME))).toMatch(
    /^a\.yaml (?:frontend|release_name|repos) (?:wrong-type|unquoted-value)/,
  );
});
