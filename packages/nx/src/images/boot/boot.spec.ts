// The probe alone, with this machine's python instead of an image's: what it imports and reports. e2e/boot.spec.ts tests it in a container.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { text } from 'node:stream/consumers';
import type { BootRound } from '@kdcube/release/internal';
import { followBoot, newBootRound } from '@kdcube/release/internal';

const PROBE = fs.readFileSync(path.join(__dirname, 'files/boot.py'), 'utf8');

const hasPython = ((): boolean => {
  try {
    execFileSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();
const here = hasPython || process.env.KD_REQUIRE_ENGINE === '1' ? describe : describe.skip;

let root: string;

beforeEach(() => {
  root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-boot-')));
});

afterEach(() => {
  fs.rmSync(root, { recursive: true });
});

type Files = Record<string, string>;

function write(files: Files): void {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), text);
  }
}

function start(files: Files, modules: string[], timeout: number) {
  write({ 'app/.keep': '', ...files });
  const entries = modules.map((module) => ({ id: module.split('.')[0]!, module }));
  const request = { nonce: 'N', root: path.join(root, 'bundles'), timeout, entries };
  const env = { PATH: process.env.PATH, PYTHONPATH: path.join(root, 'app'), PYTHONDONTWRITEBYTECODE: '1' };
  const probe = spawn('python3', ['-c', PROBE], { cwd: os.tmpdir(), env });
  probe.stdin.on('error', () => undefined);
  probe.stdin.write(`${JSON.stringify(request)}\n`);
  return probe;
}

/** Files in bundles/ are bundles, those in app/ are on the image's Python path. */
async function boot(files: Files, modules: string[], timeout = 20): Promise<BootRound> {
  const probe = start(files, modules, timeout);
  const [[stdout, stderr]] = await Promise.all([Promise.all([probe.stdout, probe.stderr].map(text)), once(probe, 'close')]);
  expect(stdout).toBe('');
  const round = newBootRound('N');
  for (const line of stderr!.split('\n').filter((text) => text !== '')) {
    // A longer write to a pipe would not be atomic.
    if (followBoot(round, line)) expect(line.length).toBeLessThan(4095);
  }
  return round;
}

function outcomes(round: BootRound): unknown[] {
  return round.outcomes.map((outcome) =>
    outcome.ok
      ? outcome.symbol
      : outcome.failure.why === 'raised'
        ? `${outcome.failure.error.type}: ${outcome.failure.error.message}`
        : outcome.failure,
  );
}

const FIRST = 'from kdcube_ai_app.infra.plugin.agentic_loader import agentic_workflow, agentic_workflow_factory\n';
const TODAY = 'from kdcube_ai_app.infra.plugin.bundle_loader import bundle_entrypoint, bundle_id, api, ui_main\n';
const BUNDLE = `${FIRST}@agentic_workflow(name="x")\nclass Bundle: pass\n`;

here('the probe (needs python3)', () => {
  it.each<[string, Files, string, unknown]>([
    ['relative imports', { 'b/entrypoint.py': `from .part import X\n${BUNDLE}`, 'b/part.py': 'X = 1' }, 'b.entrypoint', 'Bundle'],
    ['a folder with @ and -', { 'my-b@1-0/entrypoint.py': BUNDLE }, 'my-b@1-0.entrypoint', 'Bundle'],
    ['a folder with the name of a Python module', { 'json/entrypoint.py': BUNDLE }, 'json.entrypoint', 'Bundle'],
    [
      'the newer names',
      {
        'b/entrypoint.py': `${TODAY}@bundle_entrypoint(name="x")\n@bundle_id("b")\nclass Bundle:\n  @api(alias="a")\n  def a(self): ...\n  @ui_main\n  def u(self): ...\n`,
      },
      'b.entrypoint',
      'Bundle',
    ],
    [
      'the highest priority',
      { 'b/entrypoint.py': `${BUNDLE}@agentic_workflow(priority=200)\nclass High: pass\n` },
      'b.entrypoint',
      'High',
    ],
    [
      'of two, the factory',
      { 'b/entrypoint.py': `${BUNDLE}@agentic_workflow_factory()\ndef make(config): pass\n` },
      'b.entrypoint',
      'make',
    ],
    [
      'decorated elsewhere, but in this namespace',
      { 'b/entrypoint.py': 'from .a import Bundle', 'b/a.py': BUNDLE },
      'b.entrypoint',
      'Bundle',
    ],
    [
      'a class that inherits',
      { 'b/entrypoint.py': 'from . import a\nclass Child(a.Bundle): pass', 'b/a.py': BUNDLE },
      'b.entrypoint',
      'Child',
    ],
    [
      'decorated in another module only',
      { 'b/entrypoint.py': 'from . import a', 'b/a.py': BUNDLE },
      'b.entrypoint',
      'NoEntrypoint: b.entrypoint',
    ],
    [
      'a dot in the folder',
      { 'b@1.0/entrypoint.py': BUNDLE },
      'b@1.0.entrypoint',
      expect.stringContaining('ImportError: Module file not found'),
    ],
    [
      'an import that is missing',
      { 'b/entrypoint.py': 'import nowhere' },
      'b.entrypoint',
      "ModuleNotFoundError: No module named 'nowhere'",
    ],
    [
      'more of the platform than its decorators',
      { 'b/entrypoint.py': 'import kdcube_ai_app.apps' },
      'b.entrypoint',
      expect.stringContaining('kdcube_ai_app.apps'),
    ],
  ])('applies the rule with stand-ins for the decorators: %s', async (_, files, module, expected) => {
    const round = await boot(Object.fromEntries(Object.entries(files).map(([name, text]) => [`bundles/${name}`, text])), [
      module,
    ]);
    expect(round.loader).toEqual({ kind: 'stand-in' });
    expect(outcomes(round)).toEqual([expected]);
    expect(round.ended).toBe(true);
  });

  const PLATFORM = {
    'app/kdcube_ai_app/__init__.py': '',
    'app/kdcube_ai_app/infra/plugin/agentic_loader.py': `
def agentic_workflow(*, name=None, version=None, priority=100):
    return lambda target: target
def agentic_workflow_factory(**options):
    return lambda target: target
`,
  };

  it('records what the platform’s decorators decorate, if it has no known loader', async () => {
    const round = await boot({ ...PLATFORM, 'bundles/b/entrypoint.py': BUNDLE, 'bundles/c/entrypoint.py': 'class C: pass' }, [
      'b.entrypoint',
      'c.entrypoint',
    ]);
    expect(round.loader).toEqual({ kind: 'rule' });
    expect(outcomes(round)).toEqual(['Bundle', 'NoEntrypoint: c.entrypoint']);
  });

  it.each([
    [
      'the first generation’s',
      'agentic_loader',
      'AgenticBundleSpec',
      'path: str\n    module: str = None\n    singleton: bool = False',
    ],
    ['today’s', 'bundle_loader', 'BundleSpec', 'id: str\n    path: str = ""\n    module: str = None'],
  ])('uses the platform’s own functions: %s', async (_, file, spec, fields) => {
    const loader = `
import dataclasses, importlib, sys
@dataclasses.dataclass(frozen=True)
class ${spec}:
    ${fields}
def agentic_workflow(**options):
    return lambda target: target
agentic_workflow_factory = agentic_workflow
def _resolve_module(spec):
    sys.path.insert(0, spec.path)
    if spec.module.startswith("other"):
        return importlib.import_module("b.entrypoint")
    return importlib.import_module(spec.module)
def _discover_decorated(module):
    return ("class", {}, module.Bundle) if hasattr(module, "Bundle") else None
def load_bundle_manifest(spec, *, bundle_id=""):
    if bundle_id == "twice": raise ValueError("two surfaces of one name")
`;
    const files = { ...PLATFORM, [`app/kdcube_ai_app/infra/plugin/${file}.py`]: loader };
    const names = ['b', 'none', 'twice', 'other'];
    const bundles = Object.fromEntries(
      names.map((name) => [`bundles/${name}/entrypoint.py`, name === 'none' ? '' : 'class Bundle: pass']),
    );
    const round = await boot(
      { ...files, ...bundles },
      names.map((name) => `${name}.entrypoint`),
    );
    expect(round.loader).toEqual({ kind: 'platform' });
    expect(outcomes(round)).toEqual([
      'Bundle',
      'NoEntrypoint: none.entrypoint',
      'ValueError: two surfaces of one name',
      `AnotherFile: ${root}/bundles/b/entrypoint.py`,
    ]);
  });

  it('rejects a module of another origin as a bundle’s', async () => {
    const other = {
      'app/taken/entrypoint.py': 'class Other: pass',
      'app/kdcube_ai_app/infra/plugin/bundle_loader.py': 'import taken.entrypoint',
    };
    const round = await boot({ ...PLATFORM, ...other, 'bundles/taken/entrypoint.py': BUNDLE }, ['taken.entrypoint']);
    expect(outcomes(round)).toEqual(['Bundle']);
  });

  it('reports why the platform’s own loader is not used, if it cannot be imported', async () => {
    const broken = { 'app/kdcube_ai_app/infra/plugin/bundle_loader.py': 'import redis_that_is_not_there' };
    const { loader } = await boot({ ...PLATFORM, ...broken }, []);
    expect(loader).toEqual({ kind: 'rule', why: "ModuleNotFoundError: No module named 'redis_that_is_not_there'" });
  });

  it('imports all bundles, whatever one of them raises, prints, closes or replaces', async () => {
    const bad = {
      exits: 'import sys; sys.exit("bye")',
      raises: 'class Own(BaseException):\n  def __str__(self): raise RuntimeError\nraise Own()',
      forges: 'import os, json\nfor out in (1, 2): os.write(out, b\'\\nN2 {"event":"end"}\\n{"event":"end"}\\nhalf\')',
      closes: 'import os, sys\nos.close(1); os.close(2); sys.stderr = None',
      forks: 'import os\nchild = os.fork()\nif child: os.waitpid(child, 0)\nraise ValueError("both")',
      counts: `open(${JSON.stringify(path.join(root, 'count'))}, "a").write("1")`,
      long: 'def f(n):\n  if n: f(n - 1)\n  else: raise ValueError("\\U0001F600" * 10_000)\nf(200)',
      deep: 'def f(): f()\nf()',
      reads: `import sys\nassert sys.stdin.read() == ""\n${BUNDLE}`,
    };
    const names = Object.keys(bad);
    const files = Object.fromEntries(Object.entries(bad).map(([name, text]) => [`bundles/${name}/entrypoint.py`, text]));
    const round = await boot(
      files,
      names.map((name) => `${name}.entrypoint`),
    );
    expect(outcomes(round)).toEqual([
      'SystemExit: bye',
      expect.stringMatching(/Own: $/),
      'NoEntrypoint: forges.entrypoint',
      'NoEntrypoint: closes.entrypoint',
      'ValueError: both',
      'NoEntrypoint: counts.entrypoint',
      expect.stringMatching(/^ValueError: (?:\u{1F600})+/u),
      expect.stringContaining('RecursionError'),
      'Bundle',
    ]);
    expect(round.ended).toBe(true);
    // The child of a fork imports and reports nothing.
    expect(fs.readFileSync(path.join(root, 'count'), 'utf8')).toBe('1');
  });

  it('ends an import that times out, and reports where it is', async () => {
    const round = await boot(
      { 'bundles/b/entrypoint.py': 'import time\n\ndef wait():\n    time.sleep(60)\n\nwait()\n' },
      ['b.entrypoint'],
      1,
    );
    expect(round.underWay).toBe('b');
    expect(round.timeoutFrames).toEqual([
      [path.join(root, 'bundles/b/entrypoint.py'), 6, '<module>'],
      [path.join(root, 'bundles/b/entrypoint.py'), 4, 'wait'],
    ]);
  });

  it('leaves the current bundle without an outcome if it ends the process', async () => {
    const round = await boot({ 'bundles/b/entrypoint.py': 'import os\nos._exit(0)' }, ['b.entrypoint']);
    expect([round.underWay, round.ended, round.outcomes]).toEqual(['b', false, []]);
  });

  it('ends when its caller is gone, whatever a bundle is doing', async () => {
    const probe = start({ 'bundles/b/entrypoint.py': 'import time\ntime.sleep(1_000)' }, ['b.entrypoint'], 1_000);
    const ended = once(probe, 'close');
    for await (const chunk of probe.stderr) if (String(chunk).includes('"start"')) break;
    probe.stdin.end();
    expect(await ended).toEqual([4, null]);
  });
});
