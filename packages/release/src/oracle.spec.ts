import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Generation } from './platform/generation';
import type { BundlePin } from './release/pin';
import { mustReadRelease } from './release/read';
import type { Release } from './release/release';
import { planDescriptor } from './descriptor/descriptor';

/**
 * The platform's own loader as judge. KD_PLATFORM_CHECKOUTS is a folder of checkouts of its repository, named by their commit; KD_ORACLE is the script that
 * feeds a descriptor to a checkout's own code (it needs python3 with pydantic, pydantic-settings, PyYAML and requests). No code of the platform is kept here.
 */
const { KD_PLATFORM_CHECKOUTS: CHECKOUTS, KD_ORACLE: ORACLE } = process.env;
const REASON = 'KD_PLATFORM_CHECKOUTS and KD_ORACLE are not set';
const describeWithOracle = CHECKOUTS && ORACLE ? describe : describe.skip;
const FIXTURES = join(__dirname, '../fixtures/platform');
const EXAMPLES = 'app/ai-app/services/kdcube-ai-app/kdcube_ai_app/apps/chat/sdk/examples/bundles';
const PLATFORM = '{"platform":{"ref":"v0.3.2"},';

const ENTRYPOINT = `
try:
    from kdcube_ai_app.infra.plugin.bundle_loader import bundle_entrypoint as entrypoint
except ImportError:
    from kdcube_ai_app.infra.plugin.agentic_loader import agentic_workflow as entrypoint

from .words import GREETING


@entrypoint(name="sample", version="1.0.0")
class Sample:
    def __init__(self, config, comm_context=None):
        self.config = config

    async def run(self, **payload):
        return {"final_answer": GREETING}
`;

/** The loader of each era: the seed (one dotted id, and the platform's own react), its first release, and today's. */
const RUNS: { commit: string; generation: Generation; sample: string; files: string[]; flows: string[] }[] = [
  {
    commit: '798742970',
    generation: '2026.3.1',
    sample: 'agentic-bundles.example.seed.json',
    files: ['agentic-bundles.json', 'release.yaml'],
    flows: ['force', 'seed'],
  },
  {
    commit: '798742970',
    generation: '2026.3.1',
    sample: 'release.example.seed.yaml',
    files: ['agentic-bundles.json', 'release.yaml'],
    flows: ['force', 'seed'],
  },
  {
    commit: '95de507d3',
    generation: '2026.3.3',
    sample: 'agentic-bundles.example.seed.json',
    files: ['agentic-bundles.json', 'release.yaml'],
    flows: ['force', 'seed'],
  },
  {
    commit: 'eefe18532',
    generation: '2026.4.19',
    sample: 'agentic-bundles.example.seed.json',
    files: ['bundles.yaml'],
    flows: ['force', 'seed'],
  },
  {
    commit: 'eefe18532',
    generation: '2026.4.19',
    sample: 'release.example.seed.yaml',
    files: ['bundles.yaml'],
    flows: ['force', 'seed'],
  },
];

describeWithOracle(`the platform's own loader${CHECKOUTS && ORACLE ? '' : ` (skipped: ${REASON})`}`, () => {
  let work: string;
  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'kdcube-oracle-'));
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  const cases = RUNS.flatMap(({ files, flows, ...run }) =>
    files.flatMap((file) => flows.map((flow) => ({ ...run, file, flow }))),
  );
  test.each(cases)(
    '$commit takes $file of $sample, flow $flow, and every bundle imports',
    ({ commit, generation, sample, file, flow }) => {
      const checkout = checkoutOf(commit);
      const text = readFileSync(join(FIXTURES, sample), 'utf8').replace(/^\{/, PLATFORM);
      const { release } = mustReadRelease(text, sample, { generation });
      const plan = planDescriptor(release, pinsOf(release), { mode: 'baked' });
      const folder = mkdtempSync(join(work, 'run-'));
      writeFileSync(join(folder, file), plan.files[file]!);
      stage(release, join(folder, 'bundles'), checkout);
      const env = ['BUNDLE_GIT_RESOLUTION_ENABLED', 'BUNDLES_INCLUDE_EXAMPLES'].flatMap((name) => [
        '--env',
        `${name}=${plan.env[name]}`,
      ]);
      const args = ['--repo', checkout, '--descriptor', join(folder, file), '--map', `/bundles=${join(folder, 'bundles')}`];
      const { stdout, stderr, status } = spawnSync('python3', [ORACLE!, ...args, '--flow', flow, ...env], { encoding: 'utf8' });
      if (stdout === '') throw new Error(stderr);
      const answer = JSON.parse(stdout) as {
        accepted: boolean;
        default_bundle_id: string;
        steps: unknown;
        bundles: Record<string, Imported>;
      };
      const seen = Object.fromEntries(
        Object.entries(answer.bundles).map(([id, bundle]) => [id, bundle.ok ? bundle.imported_as : bundle.error]),
      );
      expect(seen).toEqual(Object.fromEntries(release.bundles.map(({ id, module }) => [id, module])));
      expect([answer.accepted, status, answer.default_bundle_id]).toEqual([true, 0, release.defaultBundleId]);
    },
    120_000,
  );

  test('95de507d3 refuses the whole descriptor for a reserved id, as reading does', () => {
    const text = readFileSync(join(FIXTURES, 'release.example.seed.yaml'), 'utf8');
    expect(() => mustReadRelease(text, 'release.yaml', { generation: '2026.3.3' })).toThrow('reserved-id');
    const { release } = mustReadRelease(text, 'release.yaml', { generation: '2026.3.1' });
    const file = join(mkdtempSync(join(work, 'run-')), 'agentic-bundles.json');
    writeFileSync(file, planDescriptor(release, pinsOf(release), { mode: 'baked' }).files['agentic-bundles.json']!);
    const { stdout } = spawnSync('python3', [ORACLE!, '--repo', checkoutOf('95de507d3'), '--descriptor', file, '--no-load'], {
      encoding: 'utf8',
    });
    expect(stdout).toContain('is reserved');
  }, 120_000);
});

interface Imported {
  ok: boolean;
  imported_as?: string;
  error?: unknown;
}

function checkoutOf(commit: string): string {
  const name = readdirSync(CHECKOUTS!).find((entry) => entry.startsWith(commit) || commit.startsWith(entry));
  if (!name) throw new Error(`KD_PLATFORM_CHECKOUTS has no checkout of ${commit}`);
  return join(CHECKOUTS!, name);
}

/** Each bundle under the folder that its descriptor names: the platform's own where the checkout has it, else a small one. */
function stage(release: Release, root: string, checkout: string): void {
  for (const { id, folder } of release.bundles) {
    const own = join(checkout, EXAMPLES, id);
    const target = join(root, folder);
    if (existsSync(own)) cpSync(own, target, { recursive: true });
    else {
      mkdirSync(target, { recursive: true });
      writeFileSync(join(target, 'entrypoint.py'), ENTRYPOINT);
      writeFileSync(join(target, 'words.py'), 'GREETING = "hello"\n');
    }
  }
}

function pinsOf(release: Release): Map<string, BundlePin> {
  return new Map(
    release.bundles.flatMap((bundle) =>
      bundle.kind === 'pinned'
        ? [
            [
              bundle.id,
              {
                pin: 1,
                repo: bundle.repo,
                ref: bundle.ref,
                subdir: bundle.subdir,
                commit: '1'.repeat(40),
                path: `${bundle.subdir}/${bundle.id}`,
                tree: '2'.repeat(40),
              },
            ],
          ]
        : [],
    ),
  );
}
