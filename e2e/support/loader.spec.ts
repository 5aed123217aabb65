// The stand-in loader must behave as the platform's own loader did with the same inputs (contract, 2.4 and 2.5).
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { writeFiles } from './git';
import { type LoadedBundle } from './engine';
import { freshFolder, run } from './run';

const PLATFORM = path.join(__dirname, 'platform');
const ERAS = ['seed', 'march', 'head'] as const;

const hasPython = ((): boolean => {
  try {
    execFileSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

const here = hasPython || process.env.KD_REQUIRE_ENGINE === '1' ? describe : describe.skip;

function bundle(name: string, more = ''): string {
  return `from kdcube_ai_app.infra.plugin.agentic_loader import agentic_workflow\n${more}\n@agentic_workflow(name="x")\nclass ${name}:\n    async def run(self, **payload): return {}\n`;
}

type Entry = { id: string; path: string; module?: string };

async function load(
  era: (typeof ERAS)[number],
  files: Record<string, string>,
  entries: Entry[],
): Promise<Record<string, LoadedBundle>> {
  const root = freshFolder('bundles');
  writeFiles(root, files);
  const placed = entries.map((entry) => ({ ...entry, path: path.join(root, entry.path) }));
  const args = [path.join(PLATFORM, 'loader.py'), '--era', era, '--entries', JSON.stringify(placed)];
  const ran = await run('python3', args, { env: { PYTHONPATH: PLATFORM, PYTHONDONTWRITEBYTECODE: '1' } });
  expect(ran.stderr).toBe('');
  const { bundles } = JSON.parse(ran.stdout) as { bundles: Record<string, LoadedBundle> };
  expect(ran.exitCode).toBe(Object.values(bundles).every(({ ok }) => ok) ? 0 : 1);
  return bundles;
}

here('the stand-in platform (needs python3)', () => {
  const relative = { 'b/entrypoint.py': bundle('B', 'from .part import X'), 'b/part.py': 'X = 1\n' };
  const dashed = { 'my-bundle@2-0-0/entrypoint.py': bundle('B') };
  const dotted = { 'my-bundle@2.0.0/entrypoint.py': bundle('B') };
  const plain = { 'my_bundle_2_0_0/entrypoint.py': bundle('B') };
  const OK = [true, true, true];
  const NO = [false, false, false];

  test.each<[string, Record<string, string>, string, string | undefined, boolean[]]>([
    ['parent folder and a module without dots', dashed, '', 'my-bundle@2-0-0.entrypoint', OK],
    ['a dot in the folder’s name (the seed’s own example)', dotted, '', 'my-bundle@2.0.0.entrypoint', NO],
    ['that folder as the path, and entrypoint', dotted, 'my-bundle@2.0.0', 'entrypoint', OK],
    [
      'that folder as the path, and the whole module',
      dotted,
      'my-bundle@2.0.0',
      'my-bundle@2.0.0.entrypoint',
      [false, true, true],
    ],
    ['an id with dots in a folder without', plain, '', 'my_bundle_2_0_0.entrypoint', OK],
    ['relative imports below the parent', relative, '', 'b.entrypoint', OK],
    ['relative imports with the folder as the path', relative, 'b', 'entrypoint', OK],
    ['the file itself', dashed, 'my-bundle@2-0-0/entrypoint.py', undefined, OK],
    ['a folder without a module and without __init__.py', dashed, 'my-bundle@2-0-0', undefined, NO],
    ['a package without a module', { 'p/__init__.py': bundle('B') }, 'p', undefined, OK],
    ['a path that is not there', dashed, 'other', 'entrypoint', NO],
    ['an import that is missing', { 'b/entrypoint.py': bundle('B', 'import nowhere') }, '', 'b.entrypoint', NO],
    ['no decorated symbol', { 'b/entrypoint.py': 'class B: pass\n' }, '', 'b.entrypoint', NO],
    [
      'a symbol that is decorated in another module',
      { 'b/entrypoint.py': 'from . import other\n', 'b/other.py': bundle('B') },
      '',
      'b.entrypoint',
      NO,
    ],
  ])('%s', async (_, files, at, module, expected) => {
    const got = [];
    for (const era of ERAS) got.push((await load(era, files, [{ id: 'b', path: at, ...(module ? { module } : {}) }])).b!.ok);
    expect(got).toEqual(expected);
  });

  test('before the newest platform, the second of two bundles with the folder as path and module entrypoint gets the first one’s class', async () => {
    const files = { 'a/entrypoint.py': bundle('A'), 'b/entrypoint.py': bundle('B') };
    const entries = ['a', 'b'].map((id) => ({ id, path: id, module: 'entrypoint' }));
    const got = [];
    for (const era of ERAS) got.push((await load(era, files, entries)).b!.entrypoint);
    expect(got).toEqual(['A', 'A', 'B']);
  });

  test('chooses the highest priority, and a factory before a class', async () => {
    const head = 'from kdcube_ai_app.infra.plugin.agentic_loader import agentic_workflow, agentic_workflow_factory\n';
    const low = '@agentic_workflow(priority=200)\nclass Low: pass\n@agentic_workflow(priority=300)\nclass High: pass\n';
    const factory = '@agentic_workflow_factory(priority=300)\ndef make(config): pass\n';
    const choose = async (text: string): Promise<unknown[]> => {
      const { b } = await load('seed', { 'b/entrypoint.py': text }, [{ id: 'b', path: '', module: 'b.entrypoint' }]);
      return [b!.entrypoint, b!.kind];
    };
    expect(await choose(head + low)).toEqual(['High', 'class']);
    expect(await choose(head + factory + low)).toEqual(['make', 'factory']);
  });

  test('the newer decorators exist only in the newest platform; reports their surfaces and id', async () => {
    const text = [
      'from kdcube_ai_app.infra.plugin.bundle_loader import bundle_entrypoint, bundle_id, on_reactive_event, api',
      '@bundle_entrypoint(name="b", version="1")',
      '@bundle_id("b@1-0")',
      'class B:',
      '    @on_reactive_event',
      '    async def run(self, **payload): return {}',
      '    @api(path="/x")',
      '    async def x(self): return {}',
    ].join('\n');
    const entries = [{ id: 'b', path: '', module: 'b.entrypoint' }];
    expect((await load('seed', { 'b/entrypoint.py': text }, entries)).b).toMatchObject({
      ok: false,
      error: expect.stringContaining('bundle_loader'),
    });
    expect((await load('head', { 'b/entrypoint.py': text }, entries)).b).toMatchObject({
      ok: true,
      bundle_id: 'b@1-0',
      surfaces: ['api', 'on_reactive_event'],
    });
  });

  test('loads the other bundles if one fails', async () => {
    const files = { 'a/entrypoint.py': 'raise SystemError("broken")\n', ...plain };
    const got = await load('head', files, [
      { id: 'a', path: '', module: 'a.entrypoint' },
      { id: 'b', path: '', module: 'my_bundle_2_0_0.entrypoint' },
    ]);
    expect([got.a!.ok, got.a!.error, got.b!.ok]).toEqual([false, 'SystemError: broken', true]);
  });
});
