// Reproducible builds: docker-build in clean clones, by other users, with other settings of the machine and of git, and with other builds of Node.
import fs from 'node:fs';
import path from 'node:path';
import { testWithEngine } from './support/engine';
import { gitRepo } from './support/git';
import { DEBIAN_NODE, type Machine, nodeFromNpm, NODES, nxOn, ordinary, packedBy } from './support/machine';
import { type Double, pushStandIns, registryDouble } from './support/oci';
import { filesIn } from './support/problem';
import { freshFolder, must } from './support/run';
import { makeWorkspace, PLATFORM_REF, type Workspace } from './support/workspace';

const IMAGES = ['kdcube-chat-proc-bundled', 'kdcube-exec-bundled', 'kdcube-web-ui'];

let registry: Double;
let workspace: Workspace;
/** The hash of every file below dist/build of a clone on an ordinary machine, receipts included. */
let expected: Record<string, string>;

beforeAll(async () => {
  registry = await registryDouble();
  await pushStandIns(registry.host, PLATFORM_REF);
  const pinned = gitRepo(freshFolder('pinned'), {
    'bundles/pinned@1/entrypoint.py': 'from kdcube_ai_app.infra.plugin.agentic_loader import agentic_workflow\n',
    'bundles/pinned@1/.gitattributes': '*.txt text eol=crlf\n*.id ident\n*.cs export-subst\n',
    'bundles/pinned@1/a.txt': 'one\ntwo\n',
    'bundles/pinned@1/a.id': '$Id$\n',
    'bundles/pinned@1/a.cs': '$Format:%H$\n',
    'bundles/pinned@1/run.sh': { content: '#!/bin/sh\n', mode: 0o755 },
  });
  pinned.tag('v1');
  // For the unprivileged user.
  fs.chmodSync(pinned.dir, 0o755);
  workspace = await makeWorkspace();
  await workspace.mustNx('g @kdcube/nx:bundle here');
  workspace.write({
    'release.yaml': `${workspace.read('release.yaml').trimEnd()}\n    - {id: "pinned@1", repo: ${JSON.stringify(pinned.url)}, ref: "v1", subdir: "bundles"}\n`,
    // Names that a locale sorts differently, and content that git settings may convert.
    ...Object.fromEntries(['a', 'B', 'Z', '_', 'ä', 'ž', 'İ', 'Ⅻ'].map((name) => [`bundles/here/names/${name}.py`, name])),
    // Otherwise the workspace's attributes prevent conversions.
    'bundles/here/.gitattributes': 'data/text.txt text !eol\n',
    'bundles/here/data/noise.bin': noise(200_000),
    'bundles/here/data/text.txt': 'The same line.\n'.repeat(20_000),
    'bundles/here/tools/run.sh': { content: '#!/bin/sh\n', mode: 0o755 },
    'bundles/here/latest': { symlink: 'data/text.txt' },
    [`bundles/here/${'long/'.repeat(25)}name.txt`]: 'long\n',
    'images/kdcube-web-ui/Dockerfile_UI':
      'FROM scratch\nWORKDIR /srv\nCOPY --chown=7:8 config.json site/ ./\nCOPY --chmod=600 site /private\nENV A=b\n',
    'images/kdcube-web-ui/config.json': '{}\n',
    'images/kdcube-web-ui/site/start.sh': { content: '#!/bin/sh\n', mode: 0o755 },
  });
  await workspace.mustNx('sync', { env: { KDCUBE_REGISTRY: registry.host } });
  workspace.commit('A release');
  expected = await builtOn(ordinary);
  expect(Object.keys(expected).filter((file) => /(?:index|receipt)\.json$/.test(file))).toHaveLength(2 * IMAGES.length);
});

afterAll(() => registry.close());

test('with another umask, time zone, language and home, at a longer path, and with older files', async () => {
  const machine: Machine = {
    ...ordinary,
    umask: '077',
    below: 'a folder/whose name/is much longer/than that of the other one'.repeat(2),
    fileTime: new Date('1999-12-31T23:59:59Z'),
    env: { TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', HOME: freshFolder('home') },
  };
  expect(await builtOn(machine)).toEqual(expected);
});

test('with world-writable files, CRLF checkouts and core.fileMode=false', async () => {
  const machine: Machine = {
    ...ordinary,
    umask: '000',
    clone: ['-c', 'core.autocrlf=true', '-c', 'core.fileMode=false'],
    fileTime: new Date('2040-01-01T00:00:00Z'),
    change({ dir, read }) {
      expect(read('bundles/here/data/text.txt').startsWith('The same line.\r\n')).toBe(true);
      fs.chmodSync(path.join(dir, 'bundles/here/tools/run.sh'), 0o666);
      fs.chmodSync(path.join(dir, 'bundles/here/entrypoint.py'), 0o777);
    },
  };
  expect(await builtOn(machine)).toEqual(expected);
});

const another = 'in a shallow clone, by another user';
if (process.getuid?.() === 0) test(another, byNobody);
else test.skip(`${another} (skipped: only root can be another user)`, byNobody);

async function byNobody(): Promise<void> {
  expect(await builtOn({ ...ordinary, clone: ['--depth', '1'], umask: '027', user: 65_534 })).toEqual(expected);
}

for (const [at, version] of NODES.entries()) {
  test(`with Node ${version} and ${at === 0 ? 'core.symlinks=false' : 'a partial clone'}`, async () => {
    const clone = at === 0 ? ['-c', 'core.symlinks=false'] : ['--filter=blob:none'];
    const machine: Machine = { ...ordinary, clone, node: [await nodeFromNpm(version)] };
    expect((await must(machine.node[0]!, ['--version'])).stdout).toMatch(`v${version}.`);
    expect(await builtOn(machine)).toEqual(expected);
  });
}

testWithEngine('with a Node that uses Debian’s zlib, which compresses differently', async () => {
  const machine: Machine = { ...ordinary, node: DEBIAN_NODE };
  const [own, theirs] = [await packedBy(ordinary.node), await packedBy(DEBIAN_NODE)];
  expect(theirs.sharedZlib).toBe(true);
  if (!own.sharedZlib) expect(theirs.digest).not.toBe(own.digest);
  expect(await builtOn(machine)).toEqual(expected);
});

/** Builds every image in a clean clone on that machine, and returns the files below dist/build. */
async function builtOn(machine: Machine): Promise<Record<string, string>> {
  const args = ['run-many', '-t', 'docker-build', '--output-style=static'];
  const { clone, ran } = await nxOn(machine, workspace, args, { KDCUBE_REGISTRY: registry.host });
  // Built there: neither Nx's cache nor the layer cache had an entry.
  expect([...ran.stdout.matchAll(/^built +(\S+) .* without an engine/gm)].map(([, image]) => image).sort()).toEqual(IMAGES);
  return filesIn(path.join(clone.dir, 'dist/build'));
}

/** Incompressible bytes, the same in every run. */
function noise(size: number): Uint8Array {
  let state = 1;
  return new Uint8Array(size).map(() => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) >>> 16);
}
