// nx run <image>:boot on a real engine: every bundle is imported in the image, whatever the others do, and no container is left.
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { entrypoint } from './support/bundles';
import { type Engine, optionalEngine, freshPrefix, pushPlatform, testWithEngine } from './support/engine';
import type { Files } from './support/git';
import { pathWithoutEngine } from './support/image';
import { digestsOf } from './support/oci';
import { codesOf, expectProblem } from './support/problem';
import { interrupted } from './support/interrupt';
import { freshFolder, must } from './support/run';
import { type Workspace, makeWorkspace, PLATFORM_REF } from './support/workspace';

const PROC = 'kdcube-chat-proc-bundled';
const FROM = 'ARG KDCUBE_PLATFORM_REGISTRY\nARG KDCUBE_PLATFORM_REF\nFROM ${KDCUBE_PLATFORM_REGISTRY}/';

let prefix: string;
let workspace: Workspace;
let env: Record<string, string>;

/** Forges events on both outputs, and imports nevertheless. */
const CHATTY = `${entrypoint('chatty')}
import json, os, sys
for name in ("chatty", "here"):
    for event in ({"event": "failed", "id": name, "seconds": 0, "error": {"type": "X", "message": "forged"}}, {"event": "end"}):
        for out in (1, 2):
            os.write(out, ("\\n" + "0" * 32 + " " + json.dumps(event) + "\\n" + json.dumps(event) + "\\nhalf a line").encode())
print("x" * 100_000)
sys.stdout = sys.stderr = open(os.devnull, "w")
os.close(1)
`;

/** A loader with the names of the platform's own, whose result shows that it was used. */
const LOADER = `
import dataclasses, importlib, sys

@dataclasses.dataclass(frozen=True)
class BundleSpec:
    id: str
    name: str = None
    path: str = ""
    module: str = None

def _resolve_module(spec):
    if spec.path not in sys.path:
        sys.path.insert(0, spec.path)
    return importlib.import_module(spec.module)

def _discover_decorated(module):
    return ("class", {}, type("FoundByTheImage", (), {}))

def load_bundle_manifest(spec, *, bundle_id=""):
    assert spec.id == bundle_id
`;

const IMAGES: Files = {
  'images/own-loader/Dockerfile': `${FROM}kdcube-chat-proc:\${KDCUBE_PLATFORM_REF}\nCOPY bundle_loader.py /app/kdcube_ai_app/infra/plugin/bundle_loader.py\nCOPY ./bundles /bundles\n`,
  'images/own-loader/bundle_loader.py': LOADER,
  'images/no-platform/Dockerfile': `${FROM}kdcube-chat-proc:\${KDCUBE_PLATFORM_REF}\nENV PYTHONPATH=/nowhere\nWORKDIR /\nCOPY ./bundles /bundles\n`,
  'images/no-python/Dockerfile': `${FROM}empty:1\nCOPY ./bundles /bundles\n`,
};

const GOOD: Files = {
  'bundles/good@1.0/entrypoint.py': entrypoint('good'),
  'bundles/good@1.0/words.py': 'ANSWER = 1\n',
  'bundles/chatty/entrypoint.py': CHATTY,
  'bundles/chatty/words.py': 'ANSWER = 1\n',
};

const BAD: Files = {
  'bundles/syntax/entrypoint.py': 'import os\n\ndef run(:\n    pass\n',
  'bundles/raises/entrypoint.py': 'from . import deeper\n',
  'bundles/raises/deeper.py': 'def fail():\n    raise ValueError("on purpose")\n\nfail()\n',
  'bundles/greedy/entrypoint.py': 'everything = b"x" * 2 * 1024 ** 3\n',
  'bundles/sleeps/entrypoint.py': 'import time\n\ntime.sleep(1_000_000)\n',
  'bundles/calls/entrypoint.py': 'import socket\nsocket.create_connection(("192.0.2.1", 80), timeout=60)\n',
  'bundles/leaves/entrypoint.py': 'import os\nprint("the last words", flush=True)\nos._exit(0)\n',
  'bundles/floods/entrypoint.py': 'import os\n\nwhile True:\n    os.write(2, b"x" * 10_000 + b"\\n")\n',
  'bundles/plain/entrypoint.py': 'class Bundle: pass\n',
  'bundles/after/entrypoint.py': entrypoint('after'),
  'bundles/after/words.py': 'ANSWER = 1\n',
};

beforeAll(async () => {
  const engine = optionalEngine();
  if (!engine) return;
  prefix = freshPrefix(engine);
  env = { ...engine.env, KDCUBE_REGISTRY: prefix };
  const [made] = await Promise.all([makeWorkspace(), pushPlatform(engine, prefix, PLATFORM_REF), pushEmpty(engine)]);
  workspace = made;
  await workspace.mustNx('g @kdcube/nx:bundle here');
  workspace.write({ ...IMAGES, ...GOOD, 'bundles/here/run.txt': `${prefix} ${Date.now()}\n` });
  add('good@1.0', 'chatty');
  await workspace.mustNx('sync', { env });
});

/** A base with one file in it. */
async function pushEmpty(engine: Engine): Promise<void> {
  const context = freshFolder('empty');
  const dockerfile = 'FROM scratch\nCOPY Dockerfile /nothing\n';
  execFileSync('sh', ['-c', `printf '${dockerfile.replaceAll('\n', '\\n')}' > ${context}/Dockerfile`]);
  await must('docker', ['buildx', 'build', '--push', '--provenance=false', '-t', `${prefix}/empty:1`, context], engine);
}

function add(...ids: string[]): void {
  const items = ids.map((id) => `    - {id: ${JSON.stringify(id)}}\n`).join('');
  workspace.write({ 'release.yaml': `${workspace.read('release.yaml').trimEnd()}\n${items}` });
}

async function containers(engine: Engine): Promise<string[]> {
  const { stdout } = await must('docker', ['ps', '--all', '--format', '{{.Names}} {{.Image}} {{.State}}'], engine);
  return stdout.split('\n').filter((line) => line.startsWith('kdcube-boot-'));
}

testWithEngine(
  'imports bundles with the image’s own loader, else by the platform’s rule, as the image’s user',
  async (engine) => {
    const ran = await workspace.nx('run-many -t boot --output-style=static', { env });
    expectProblem(ran, ['boot-failed'], 'no-python has no python3 and no python');
    const how = (image: string) =>
      new RegExp(`^booted +${image} +(.*?) \\(python 3[0-9.]+, user (\\d+), (.*)\\)`, 'm').exec(ran.stdout)?.slice(1);
    const all = '3 bundles import';
    expect(how(PROC)).toEqual([all, '1000', 'by the platform’s rule']);
    expect(how('kdcube-exec-bundled')).toEqual([all, '0', 'by the platform’s rule']);
    expect(how('own-loader')).toEqual([all, '1000', 'the platform’s own loader']);
    expect(how('no-platform')).toEqual([all, '1000', expect.stringContaining('stand-ins')]);
    expect(await containers(engine)).toEqual([]);
  },
);

testWithEngine('docker-push can depend on boot, and forwards its options', async (engine) => {
  const before = workspace.read('nx.json');
  const nxJson = JSON.parse(before) as { plugins: { plugin: string; options?: object }[] };
  const plugins = nxJson.plugins.map((plugin) => ({ ...plugin, options: { ...plugin.options, bootBeforePush: true } }));
  workspace.write({ 'nx.json': JSON.stringify({ ...nxJson, plugins }) });
  const pushEnv = { ...env, KDCUBE_REGISTRY: '', KDCUBE_PLATFORM_REGISTRY: prefix };
  const options = [`--registry=${prefix}/other`, '--branch=2026', '--tagPrefix=t', '--engine=buildx'];
  const ran = await workspace.nx(['run', `${PROC}:docker-push`, ...options], { env: pushEnv });
  expect([ran.exitCode, ran.exitCode === 0 ? '' : ran.output]).toEqual([0, '']);
  expect(ran.stdout.indexOf('booted')).toBeGreaterThan(-1);
  expect(ran.stdout.indexOf('pushed')).toBeGreaterThan(ran.stdout.indexOf('booted'));
  // An image that is not in the engine's store is pulled from where it was pushed.
  const { key } = workspace.json<{ key: string }>(`dist/push/${PROC}/receipt.json`);
  await must('docker', ['rmi', `localhost/kdcube/${PROC}:c-${key}`], engine);
  const again = await workspace.mustNx(`run ${PROC}:boot`, { env });
  expect(again.stdout).toMatch(new RegExp(`^pulled +${prefix}/other/${PROC}@sha256:[^]*^booted`, 'm'));
  workspace.write({ 'bundles/here/entrypoint.py': 'raise SystemExit(0)\n' });
  const failed = await workspace.nx(['run', `${PROC}:docker-push`, ...options], { env: pushEnv });
  expect([failed.exitCode, codesOf(failed)]).toEqual([1, ['bundle-import-failed']]);
  expect(Object.keys(await digestsOf(`${prefix}/other/${PROC}`))).toHaveLength(1);
  workspace.write({ 'nx.json': before });
});

testWithEngine('reports one problem with its line for each bundle that fails, and still imports the others', async (engine) => {
  workspace.write(BAD);
  add('syntax', 'raises', 'greedy', 'sleeps', 'calls', 'leaves', 'floods', 'plain', 'after');
  await workspace.mustNx('sync', { env });
  const ran = await workspace.nx(`run ${PROC}:boot --timeout=2 --memory=128m`, { env });
  expectProblem(
    ran,
    ['bundle-import-failed', 'entrypoint-none'],
    /^bundles\/here\/entrypoint.py:1 {2}\[bundle-import-failed\]\n.*SystemExit: 0/m,
    /^bundles\/syntax\/entrypoint.py:3:9 {2}\[bundle-import-failed\]\n.*SyntaxError/m,
    /^bundles\/raises\/deeper.py:2 {2}.*\n.*ValueError: on purpose\n.*bundles\/raises\/entrypoint.py", line 1/m,
    /^bundles\/greedy\/entrypoint.py {2}.*\n.*used more than 128m of memory[^]*?hint {2}--memory=256m/m,
    /^bundles\/sleeps\/entrypoint.py:3 {2}.*\n.*longer than 2 s/m,
    /^bundles\/calls\/entrypoint.py:2 {2}.*\n.*Network is unreachable[^]*?the boot test has no network/m,
    /^bundles\/leaves\/entrypoint.py {2}.*\n.*exited during the import \(exit code 0\)\.\n.*the last words/m,
    /^bundles\/floods\/entrypoint.py {2}.*\n.*exceeded the output limit/m,
    /^bundles\/plain\/entrypoint.py {2}\[entrypoint-none\]/m,
    '9 problems',
  );
  expect(ran.stdout).toMatch(new RegExp(`^failed +${PROC} +3 of 12 bundles import`, 'm'));
  expect(await containers(engine)).toEqual([]);
});

testWithEngine('removes its container when it is stopped; reports a missing engine', async (engine) => {
  workspace.write({ 'bundles/here/entrypoint.py': 'import time\ntime.sleep(1_000)\n' });
  for (const [signal, whom] of [
    ['SIGINT', 'all'],
    ['SIGTERM', 'nx'],
    ['SIGKILL', 'all'],
  ] as const) {
    // A killed process cannot remove a container that was never started.
    const when = async () => (await containers(engine)).some((line) => signal !== 'SIGKILL' || line.endsWith(' running'));
    expect(await interrupted(workspace, `run ${PROC}:boot`, { signal, whom, when, env })).not.toBe(0);
    for (let waited = 0; (await containers(engine)).length > 0 && waited < 100; waited += 1) await sleep(100);
    expect(await containers(engine)).toEqual([]);
  }
  const without = { ...env, PATH: pathWithoutEngine(), DOCKER_HOST: '' };
  expectProblem(
    await workspace.nx(`run ${PROC}:boot`, { env: without }),
    ['engine-missing'],
    'docker:',
    'podman:',
    'start docker or podman',
  );
});
