import fs from 'node:fs';
import path from 'node:path';
import { openRepo } from './git';
import type { PackageManagerKit } from './package-managers';
import { must } from './run';
import { PLATFORM_REF } from './workspace';

interface Command {
  argv: string[];
  /** Whether it is typed in the folder, or beside it. */
  inside: boolean;
}

/** A kind of folder, and what is typed until an image is in a registry. */
export interface Kind {
  isNew?: boolean;
  prepare?(folder: string, kit: PackageManagerKit): Promise<void>;
  commands(kit: PackageManagerKit): Command[];
  images: string[];
  /** Package managers that cannot do it, by the name of their kit, and why. */
  without?: Record<string, string>;
  check?(folder: string, kit: PackageManagerKit): Promise<void>;
}

const IMAGES = ['kdcube-chat-proc-bundled', 'kdcube-exec-bundled'];
const ENTRYPOINT =
  'from kdcube_ai_app.infra.plugin.bundle_loader import bundle_entrypoint\n\n\n@bundle_entrypoint(name="x")\nclass X:\n    pass\n';
const REF = ['--platform-ref', PLATFORM_REF, '--skip-ref-check'];

const inside = (...argv: string[]): Command => ({ argv, inside: true });

export const KINDS: Record<string, Kind> = {
  'an empty folder': {
    isNew: true,
    commands: ({ create, nx }) => [
      { argv: [...create, 'acme', ...REF], inside: false },
      inside(...nx, 'g', '@kdcube/nx:bundle', 'my-bundle'),
      inside(...nx, 'sync'),
      inside(...nx, 'run-many', '-t', 'docker-push'),
    ],
    images: IMAGES,
    check: twiceIsOnce,
  },
  'a repository with bundles at tags and its own Dockerfiles': {
    prepare: customerRepository,
    commands: ({ create, nx }) => [
      inside(...create, '.', '--from', 'deploy/release.yaml'),
      inside(...nx, 'sync'),
      inside(...nx, 'run', 'release:validate'),
      inside(...nx, 'run-many', '-t', 'docker-push'),
    ],
    images: IMAGES,
    check: twiceIsOnce,
  },
  'a monorepo on Nx 22.7': {
    without: { bun: 'Nx 22.7 does not read the lockfile of bun 1.4' },
    prepare: (folder, kit) => monorepo(folder, kit, '22.7.12'),
    commands: ({ nx }) => [
      inside(...nx, 'add', '@kdcube/nx'),
      inside(...nx, 'g', '@kdcube/nx:bundle', 'my-bundle', `--platformRef=${PLATFORM_REF}`),
      inside(...nx, 'run', 'my-bundle:test'),
      inside(...nx, 'sync'),
      inside(...nx, 'run-many', '-t', 'docker-push'),
    ],
    images: IMAGES,
    check: monorepoIsIntact,
  },
  'a monorepo without Nx': {
    prepare: (folder, kit) => monorepo(folder, kit, undefined),
    commands: ({ create, nx }) => [
      inside(...create, '.', ...REF),
      inside(...nx, 'g', '@kdcube/nx:bundle', 'my-bundle'),
      inside(...nx, 'sync'),
      inside(...nx, 'run-many', '-t', 'docker-push'),
    ],
    images: IMAGES,
    check: monorepoIsIntact,
  },
};

function write(folder: string, files: Record<string, string>): void {
  for (const [file, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), text);
  }
}

function start(folder: string, files: Record<string, string>): ReturnType<typeof openRepo> {
  write(folder, files);
  const repo = openRepo(folder);
  repo.git('init', '--quiet', '--initial-branch=main');
  repo.commit('ours');
  return repo;
}

/** As the platform's documentation has it: a release.yaml that pins bundles of this repository at tags, Dockerfiles in ops/, and a compose folder. */
async function customerRepository(folder: string): Promise<void> {
  const dockerfile = (base: string) =>
    `ARG KDCUBE_PLATFORM_REGISTRY\nARG VERSION=${PLATFORM_REF}\nFROM \${KDCUBE_PLATFORM_REGISTRY}/${base}:\${VERSION}\nLABEL owner=acme\nCOPY ./bundles /bundles\nCOPY motd /etc/motd\nENV AGENTIC_BUNDLES_ROOT=/bundles BUNDLES_ROOT=/bundles\n`;
  const repo = start(folder, {
    'service/bundles/app@2-0/entrypoint.py': ENTRYPOINT,
    'ops/prod/Dockerfile_ChatProcBundled': dockerfile('kdcube-chat-proc'),
    'ops/prod/Dockerfile_ExecBundled': dockerfile('py-code-exec'),
    'ops/prod/motd': 'Acme\n',
    'ops/ec2/docker-compose.yaml': 'services: {}\n',
    'README.md': '# Acme\r\n',
    '.gitignore': '*.pyc\r\n',
  });
  repo.git('tag', 'v2.0.0');
  repo.commit('A release', {
    'deploy/release.yaml': `# ours\nrelease_name: "prod-1"\nplatform: {repo: "kdcube-ai-app", ref: "${PLATFORM_REF}"}\nbundles:\n  items:\n    - id: "app@2-0"\n      repo: "file://${folder}"\n      ref: "v2.0.0"\n      subdir: "service/bundles"\n`,
  });
}

/** A JavaScript monorepo with targets and defaults of its own, and a project that is called release. */
async function monorepo(folder: string, kit: PackageManagerKit, nx: string | undefined): Promise<void> {
  const project = { name: 'release', version: '1.0.0', scripts: { test: 'node -e "process.exit(0)"' } };
  const nxJson = {
    analytics: false,
    neverConnectToCloud: true,
    targetDefaults: { test: { cache: true, dependsOn: ['^build'], inputs: ['default'] } },
  };
  const root = {
    name: 'acme',
    private: true,
    version: '0.0.0',
    workspaces: ['packages/*'],
    ...(nx !== undefined && { devDependencies: { nx } }),
  };
  write(folder, {
    'package.json': JSON.stringify(root, undefined, 4),
    'packages/release/package.json': JSON.stringify(project),
    ...(kit.lockfile === 'pnpm-lock.yaml' && {
      'pnpm-workspace.yaml': `packages: ["packages/*"]\n${nx === undefined ? '' : 'allowBuilds:\n  nx: true\n'}`,
    }),
    ...(nx !== undefined && { 'nx.json': JSON.stringify(nxJson) }),
    ...(kit.name.startsWith('yarn 4') && { '.yarnrc.yml': 'nodeLinker: node-modules\n', 'yarn.lock': '' }),
    '.gitignore': 'node_modules\n.nx\n.yarn\n',
  });
  await must(kit.install[0]!, kit.install.slice(1), {
    cwd: folder,
    env: { ...kit.env, YARN_ENABLE_IMMUTABLE_INSTALLS: 'false' },
  });
  start(folder, {});
}

/** The project of the monorepo is still called release, and its test still runs; release.yaml's project has another name. */
async function monorepoIsIntact(folder: string, kit: PackageManagerKit): Promise<void> {
  const nx = (...argv: string[]) => must(kit.nx[0]!, [...kit.nx.slice(1), ...argv], { cwd: folder, env: kit.env });
  await nx('run', 'release:test');
  await nx('run', 'kdcube-release:validate');
  await twiceIsOnce(folder, kit);
}

/** The same command again finds nothing to do. */
async function twiceIsOnce(folder: string, kit: PackageManagerKit): Promise<void> {
  const repo = openRepo(folder);
  repo.commit('set up');
  const from = fs.existsSync(path.join(folder, 'deploy')) ? ['--from', 'deploy/release.yaml'] : [];
  const again = await must(kit.create[0]!, [...kit.create.slice(1), '.', ...from], { cwd: folder, env: kit.env });
  expect(again.output).toContain('Nothing to do: . has everything already.');
  await must(kit.nx[0]!, [...kit.nx.slice(1), 'g', '@kdcube/nx:init'], { cwd: folder, env: kit.env });
  expect(repo.git('status', '--porcelain')).toBe('');
}
