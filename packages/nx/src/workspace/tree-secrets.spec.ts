import * as fs from 'node:fs';
import * as path from 'node:path';
import { cacheDir } from '../system/files/files';
import { silentLog } from '../system/log';
import { withSnapshot } from '../git/snapshot/snapshot';
import { type Acme, acme, DOCKERFILE } from '../../testing/acme-kit';
import { pushProc } from '../../testing/acme-push';
import { commit, gitSync, problemOf, write } from '../../testing/git-kit';
import { findBundle } from './bundles';
import { checkBundles } from './check-bundles';
import { requireBundle } from './workspace';

jest.setTimeout(120_000);

let ours: Acme;
beforeEach(async () => {
  ours = await acme();
});
afterEach(() => ours.end());

// Concatenated here, so that no scanner reports this file as a leak.
const WEBHOOK = ['https://hooks.slack.com', 'services', 'T0123456789', 'B0123456789', 'a1b2c3d4e5f6a1b2c3d4e5f6'].join('/');
const PRIVATE_KEY = ['-----BEGIN RSA ', `PRIVATE KEY-----\n${'MIIEowIBAAKCAQEA'.repeat(4)}\n`].join('');
const HERE = 'bundles/here@1-0';

async function validate() {
  const release = await ours.open();
  const { problems } = await withSnapshot(ours.root, (snapshot) =>
    checkBundles(release, snapshot, { online: false, log: silentLog }),
  );
  return problems;
}

async function open(id = 'here@1-0') {
  const release = await ours.open();
  return withSnapshot(ours.root, async (snapshot) => {
    const found = await findBundle(release, requireBundle(release.release, id), snapshot, { offline: false, log: silentLog });
    await found.open();
  });
}

/** The content of the registry after a push that must not happen. */
async function pushRefused(code = 'secret-in-file') {
  const problem = await problemOf(pushProc(ours, silentLog));
  expect(problem.code).toBe(code);
  const answer = await fetch(`http://${ours.registry.host}/v2/acme/proc/tags/list`);
  expect((await answer.text()).includes('c-')).toBe(false);
  return problem;
}

describe('a secret in a workspace bundle', () => {
  it('untracked and not ignored: validate, stage and push reject it by file and rule', async () => {
    write(ours.root, { [`${HERE}/.env`]: 'API_KEY=hunter2\n' });
    const expected = { code: 'secret-in-file', message: expect.stringContaining('(env-file)'), at: { file: `${HERE}/.env` } };
    expect(await validate()).toMatchObject([expected]);
    expect(await problemOf(open())).toMatchObject(expected);
    expect(await pushRefused()).toMatchObject(expected);
  });

  it('committed, in a Python file: reported by line, without quoting the secret', async () => {
    ours.commit({ [`${HERE}/services/hooks.py`]: `import x\n\nHOOK = "${WEBHOOK}"\n` });
    const problems = await validate();
    expect(problems).toMatchObject([
      {
        code: 'secret-in-file',
        message: expect.stringContaining('slack-webhook-url'),
        at: { file: `${HERE}/services/hooks.py`, line: 3 },
      },
    ]);
    expect(JSON.stringify(problems)).not.toContain('a1b2c3d4e5f6');
    await pushRefused();
  });

  it('is reported together with every other problem of the bundle', async () => {
    ours.commit({ [`${HERE}/.env`]: 'A=1\n', [`${HERE}/key.pem`]: PRIVATE_KEY, [`${HERE}/entrypoint.py`]: 'x = 1\n' });
    expect((await validate()).map(({ code }) => code)).toEqual(['secret-in-file', 'secret-in-file', 'entrypoint-none']);
  });

  it('ignored by git, it is in no image, and is no problem', async () => {
    ours.commit({ '.gitignore': 'dist\n.env\n' });
    write(ours.root, { [`${HERE}/.env`]: 'API_KEY=hunter2\n' });
    expect(await validate()).toEqual([]);
    await open();
  });

  it('is allowed file by file, with a reason', async () => {
    ours.commit({ [`${HERE}/tests/key.pem`]: PRIVATE_KEY, [`${HERE}/tests/other.pem`]: PRIVATE_KEY });
    const release = fs.readFileSync(path.join(ours.root, 'release.yaml'), 'utf8');
    ours.commit({ 'release.yaml': `${release}not_secret:\n  "${HERE}/tests/key.pem": a test key that signs nothing\n` });
    expect((await validate()).map(({ at }) => at!.file)).toEqual([`${HERE}/tests/other.pem`]);
    ours.commit({
      'release.yaml': `${release}not_secret:\n  "${HERE}/tests/key.pem": signs nothing\n  "${HERE}/tests/other.pem": signs nothing\n`,
    });
    expect(await validate()).toEqual([]);
    await expect(pushProc(ours, silentLog)).resolves.toMatchObject({ how: 'built' });
  });
});

it('a secret in a pinned bundle is rejected when its content is added to an image, and by validate once it is on this machine', async () => {
  commit(ours.org, { 'service/there@2-0/.npmrc': '//registry.npmjs.org/:_authToken=0a1b2c3d-4e5f\n' });
  gitSync(ours.org, 'tag', '--force', 'v2');
  const pinFile = path.join(ours.root, 'pins/bundles/there@2-0/pin.json');
  const pin = { ...(JSON.parse(fs.readFileSync(pinFile, 'utf8')) as object) };
  const moved = {
    ...pin,
    commit: gitSync(ours.org, 'rev-parse', 'v2'),
    tree: gitSync(ours.org, 'rev-parse', 'v2:service/there@2-0'),
  };
  ours.commit({ 'pins/bundles/there@2-0/pin.json': JSON.stringify(moved) });
  expect(await problemOf(open('there@2-0'))).toMatchObject({
    code: 'secret-in-file',
    message: expect.stringContaining('npm-registry-login'),
    at: { line: 1 },
    hint: expect.stringContaining('there@2-0/.npmrc: why'),
  });
  expect((await validate()).map(({ code }) => code)).toEqual(['secret-in-file']);
  await pushRefused();
});

describe('a secret in the folder of an image', () => {
  it('is rejected before the build', async () => {
    ours.commit({ 'images/proc/.npmrc': '//registry.npmjs.org/:_authToken=0a1b2c3d-4e5f\n' });
    expect(await pushRefused()).toMatchObject({ at: { file: 'images/proc/.npmrc', line: 1 } });
  });

  it('is no problem if .dockerignore excludes it', async () => {
    ours.commit({
      'images/proc/.env': 'A=1\n',
      'images/proc/.dockerignore': '.env\n',
      'images/proc/Dockerfile_ChatProcBundled': DOCKERFILE,
    });
    await expect(pushProc(ours, silentLog)).resolves.toMatchObject({ how: 'built' });
  });
});

it('a tree is scanned once on this machine, and a cache written elsewhere does not count', async () => {
  ours.commit({ [`${HERE}/.env`]: 'API_KEY=hunter2\n' });
  expect(await validate()).toHaveLength(1);
  const tree = gitSync(ours.root, 'rev-parse', `HEAD:${HERE}`);
  const [version] = fs.readdirSync(cacheDir('scanned-trees'));
  const file = cacheDir('scanned-trees', version!, tree);
  expect(fs.existsSync(file)).toBe(true);
  fs.writeFileSync(file, '[]');
  expect(await validate()).toHaveLength(1);
});
