import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { reloadCommand } from './reload-command';

const python = spawnSync('python3', ['--version']).status === 0 ? test : test.skip;

/** The modules of the platform that the script imports, as far as it calls them. */
const PLATFORM: Record<string, string> = {
  'kdcube_ai_app/apps/chat/sdk/config.py': `
class Settings:
    TENANT, PROJECT, REDIS_URL = "acme", "one", "redis://here"
def get_settings(): return Settings()
`,
  'kdcube_ai_app/infra/redis/client.py': `
import json, os
class Redis:
    async def publish(self, channel, text):
        message = json.loads(text)
        print("published", channel, message["type"], message["op"], message["changed_bundle_ids"])
        return int(os.environ["LISTENERS"])
def get_async_redis_client(url): return Redis()
`,
  'kdcube_ai_app/infra/plugin/bundle_store.py': `
import os
class Entry:
    def model_dump(self): return {"path": "/bundles"}
class Registry:
    bundles, default_bundle_id = {"a": Entry(), "b": Entry()}, "a"
def describe_authoritative_bundle_store(tenant, project):
    return {"kind": os.environ["KIND"], "label": "the store", "detail": "kdcube/acme/one"}
async def reload_registry_from_authority(redis, tenant, project): return Registry()
def update_channel(tenant, project): return "kdcube:config:bundles:update:" + tenant + ":" + project
`,
};

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kd-reload-'));
  for (const [file, text] of Object.entries(PLATFORM)) {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), text);
  }
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

function run(request: Partial<Parameters<typeof reloadCommand>[0]> = {}, env: Record<string, string> = {}) {
  const [, ...rest] = reloadCommand({ prefix: 'kdcube/acme/one', bundles: ['a', 'b'], replicas: 2, ...request });
  const options = { cwd: folder, env: { ...process.env, KIND: 'aws-sm', LISTENERS: '2', ...env }, encoding: 'utf8' } as const;
  const { status, stdout } = spawnSync('python3', rest, options);
  return { status, stdout };
}

python('the script reloads, tells every task and ends with 0', () => {
  expect(run()).toEqual({
    status: 0,
    stdout: `published kdcube:config:bundles:update:acme:one bundles.update replace ['a', 'b']\nkdcube-reload: 2 bundles, 2 listeners for 2 tasks\n`,
  });
});

python.each([
  ['fewer listeners than tasks', {}, { LISTENERS: '1' }, 3, /1 listeners for 2 tasks/],
  ['a bundle that the platform does not load', { bundles: ['a', 'c'] }, {}, 4, /does not load c/],
  ['proc reads its bundles elsewhere', {}, { KIND: 'bundles-yaml' }, 5, /not from Secrets Manager kdcube\/acme\/one/],
  ['proc reads another prefix', { prefix: 'kdcube/other' }, {}, 5, /kdcube\/acme\/one, not from/],
])('%s', (_, request, env, status, text) => {
  expect(run(request, env)).toEqual({ status, stdout: expect.stringMatching(text) });
});

test('the command fits into the overrides of a task, however many bundles there are', () => {
  const bundles = Array.from({ length: 1_000 }, (_, index) => `bundle-${index}@1-0`);
  expect(JSON.stringify(reloadCommand({ prefix: 'p'.repeat(200), bundles, replicas: 10 })).length).toBeLessThan(8_000);
  const some = Array.from({ length: 200 }, (_, index) => `bundle-${index}@1-0`);
  expect(JSON.stringify(reloadCommand({ prefix: 'p'.repeat(200), bundles: some, replicas: 10 })).length).toBeLessThan(8_000);
});

python('the script is valid for Python 3', () => {
  execFileSync('python3', [
    '-c',
    'import ast, sys; ast.parse(sys.argv[1])',
    reloadCommand({ prefix: 'p', bundles: [], replicas: 0 })[2]!,
  ]);
});
