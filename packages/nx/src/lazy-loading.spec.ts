import * as path from 'node:path';
import { build, type ImportKind } from 'esbuild';

const SRC = __dirname;

const SDK = /^@(?:aws-sdk|smithy|aws-crypto)\//;

/** How a module and everything that it imports import certain packages: `dynamic-import` is loaded at the first call. */
async function packageImports(entry: string, packages: RegExp): Promise<Map<string, Set<ImportKind>>> {
  const { metafile } = await build({
    entryPoints: [path.join(SRC, entry)],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'cjs',
    outdir: path.join(SRC, 'never'),
    external: ['nx', '@nx/*', '@aws-sdk/*', '@smithy/*', '@aws-crypto/*'],
    alias: { '@kdcube/release/internal': path.join(SRC, '../../release/src/internal.ts') },
    logLevel: 'silent',
  });
  const found = new Map<string, Set<ImportKind>>();
  for (const { imports } of Object.values(metafile.inputs))
    for (const { path: name, kind } of imports)
      if (packages.test(name)) found.set(name, (found.get(name) ?? new Set()).add(kind));
  return found;
}

const DYNAMIC = new Set(['dynamic-import']);

it('the graph, which every Nx command loads, loads neither the AWS SDK nor Nx nor @nx/devkit', async () => {
  expect(await packageImports('index.ts', /^(?:@aws-sdk|@smithy|@aws-crypto|@nx|nx)(?:\/|$)/)).toEqual(new Map());
});

it('docker-push, in a process of its own, loads neither Nx nor @nx/devkit', async () => {
  expect(await packageImports('executors/docker-push/batch.ts', /^(?:@nx|nx)(?:\/|$)/)).toEqual(new Map());
});

it('docker-push loads the client of ECR only, and only for a registry of Amazon', async () => {
  expect(await packageImports('executors/docker-push/executor.ts', SDK)).toEqual(new Map([['@aws-sdk/client-ecr', DYNAMIC]]));
});

it.each(['verify', 'deploy-ecs', 'plan', 'status'])('%s loads nothing of the AWS SDK before its first call', async (executor) => {
  const imports = await packageImports(`executors/${executor}/executor.ts`, SDK);
  expect([...imports.keys()]).toContain('@smithy/signature-v4');
  expect([...imports.values()]).toEqual([...imports.keys()].map(() => DYNAMIC));
});
