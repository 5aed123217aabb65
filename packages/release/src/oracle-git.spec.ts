import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { planDescriptor } from './descriptor/descriptor';
import type { Generation } from './platform/generation';
import type { BundlePin } from './release/pin';
import { mustReadRelease } from './release/read';

/** Git mode, judged by the platform's own loader, which clones: see oracle.spec.ts. */
const { KD_PLATFORM_CHECKOUTS: CHECKOUTS, KD_ORACLE: ORACLE } = process.env;
const describeWithOracle = CHECKOUTS && ORACLE ? describe : describe.skip;

const RUNS: { commit: string; generation: Generation; file: string }[] = [
  { commit: '798742970', generation: '2026.3.1', file: 'agentic-bundles.json' },
  { commit: '95de507d3', generation: '2026.3.3', file: 'agentic-bundles.json' },
  { commit: 'eefe18532', generation: '2026.4.19', file: 'bundles.yaml' },
  { commit: '9a7ed05a3', generation: '2026.8.12', file: 'bundles.yaml' },
  { commit: '0a2b187f1', generation: '2026.8.18', file: 'bundles.yaml' },
];

const entrypoint = (greeting: string) => `
try:
    from kdcube_ai_app.infra.plugin.bundle_loader import bundle_entrypoint as entrypoint
except ImportError:
    from kdcube_ai_app.infra.plugin.agentic_loader import agentic_workflow as entrypoint

GREETING = "${greeting}"


@entrypoint(name="sample", version="1.0.0")
class Sample:
    async def run(self, **payload):
        return {"final_answer": GREETING}
`;

describeWithOracle(
  `bundles that the platform clones${CHECKOUTS && ORACLE ? '' : ' (skipped: KD_PLATFORM_CHECKOUTS and KD_ORACLE are not set)'}`,
  () => {
    let work: string;
    let repo: string;
    const commits: string[] = [];
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.org', ...args], {
        cwd: repo,
        encoding: 'utf8',
      }).trim();
    const commit = (greeting: string) => {
      for (const folder of ['bundles/a_1', 'bundles/dotted@1.0', 'desk@1-0']) {
        mkdirSync(join(repo, folder), { recursive: true });
        writeFileSync(join(repo, folder, 'entrypoint.py'), entrypoint(greeting));
      }
      git('add', '--all');
      git('commit', '--quiet', '--message', greeting);
      commits.push(git('rev-parse', 'HEAD'));
    };
    beforeAll(() => {
      work = mkdtempSync(join(tmpdir(), 'kdcube-oracle-git-'));
      repo = join(work, 'acme');
      mkdirSync(repo);
      git('init', '--quiet', '--initial-branch=main');
      commit('first');
      git('tag', 'v1');
      commit('second');
      // The tag moves after it was pinned: only the commit still names the pinned content.
      git('tag', '--force', 'v1');
    });
    afterAll(() => rmSync(work, { recursive: true, force: true }));

    test.each(RUNS)(
      '$commit clones the pinned commit of each bundle, and imports it',
      ({ commit: platform, generation, file }) => {
        const url = `file://${repo}`;
        // The first loaders take a dot for a folder.
        const dotted = generation.startsWith('2026.3.') ? '' : `, {id: "dotted@1.0", repo: "${url}", ref: v1, subdir: bundles}`;
        const items = `[{id: a_1, repo: "${url}", ref: v1, subdir: bundles}${dotted}, {id: "desk@1-0"}]`;
        const { release } = mustReadRelease(`platform: {ref: v1}\nbundles: {items: ${items}}\n`, 'release.yaml', {
          generation,
          mode: 'git',
        });
        const pin = (id: string): [string, BundlePin] => [
          id,
          { pin: 1, repo: url, ref: 'v1', subdir: 'bundles', commit: commits[0]!, path: `bundles/${id}`, tree: '2'.repeat(40) },
        ];
        const pins = new Map(['a_1', 'dotted@1.0'].map(pin));
        const sources = new Map([['desk@1-0', { repo: url, commit: commits[1]!, path: 'desk@1-0' }]]);
        const plan = planDescriptor(release, pins, { mode: 'git' }, sources);
        const folder = mkdtempSync(join(work, 'run-'));
        writeFileSync(join(folder, file), plan.files[file]!);
        const clones = join(folder, 'clones');
        mkdirSync(clones);
        const settings = {
          ...plan.env,
          AGENTIC_BUNDLES_JSON: '',
          BUNDLES_YAML_DESCRIPTOR_PATH: '',
          AGENTIC_BUNDLES_ROOT: clones,
          MANAGED_BUNDLES_ROOT: clones,
          HOST_BUNDLES_PATH: '',
          // There is no Redis here.
          BUNDLE_GIT_REDIS_LOCK: '0',
        };
        const env = Object.entries(settings).flatMap(([name, value]) =>
          /_JSON$|_DESCRIPTOR_PATH$/.test(name) ? [] : ['--env', `${name}=${value}`],
        );
        const { stdout, stderr } = spawnSync(
          'python3',
          [ORACLE!, '--git', '--repo', checkoutOf(platform), '--descriptor', join(folder, file), ...env],
          { encoding: 'utf8', timeout: 60_000 },
        );
        if (stdout === '') throw new Error(stderr);
        const { accepted, bundles } = JSON.parse(stdout) as {
          accepted: boolean;
          bundles: Record<string, { ok: boolean; imported_as?: string; error?: unknown }>;
        };
        expect(Object.fromEntries(Object.entries(bundles).map(([id, { ok, error }]) => [id, ok ? 'imported' : error]))).toEqual(
          Object.fromEntries(release.bundles.map(({ id }) => [id, 'imported'])),
        );
        expect(accepted).toBe(true);
        const cloned = readdirSync(clones, { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('/.git') || name === '.git')
          .map((name) => {
            const clone = join(clones, dirname(name));
            return [
              release.bundles.find(({ id }) => name.includes(`__${id}__`))?.id,
              execFileSync('git', ['rev-parse', 'HEAD'], { cwd: clone, encoding: 'utf8' }).trim(),
            ];
          });
        expect(Object.fromEntries(cloned)).toEqual(
          Object.fromEntries(release.bundles.map(({ id, kind }) => [id, commits[kind === 'workspace' ? 1 : 0]])),
        );
      },
      120_000,
    );
  },
);

function checkoutOf(commit: string): string {
  const found = join(CHECKOUTS!, commit);
  if (!existsSync(found)) throw new Error(`KD_PLATFORM_CHECKOUTS has no checkout of ${commit}`);
  return found;
}
