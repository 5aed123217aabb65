import * as path from 'node:path';
import { build, type ImportKind } from 'esbuild';

const SRC = path.join(__dirname, '..');

/** How a module and everything that it imports import the AWS SDK: `dynamic-import` is loaded at the first call. */
async function sdkImports(entry: string): Promise<Map<string, Set<ImportKind>>> {
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
      if (/^@(?:aws-sdk|smithy|aws-crypto)\//.test(name)) found.set(name, (found.get(name) ?? new Set()).add(kind));
  return found;
}

const DYNAMIC = new Set(['dynamic-import']);

it('the graph cannot load the AWS SDK', async () => {
  expect(await sdkImports('index.ts')).toEqual(new Map());
});

it('docker-push loads the client of ECR only, and only for a registry of Amazon', async () => {
  expect(await sdkImports('executors/docker-push/executor.ts')).toEqual(new Map([['@aws-sdk/client-ecr', DYNAMIC]]));
});

it.each(['verify', 'deploy-ecs', 'plan', 'status'])('%s loads nothing of the AWS SDK before its first call', async (executor) => {
  const imports = await sdkImports(`executors/${executor}/executor.ts`);
  expect([...imports.keys()]).toContain('@smithy/signature-v4');
  expect([...imports.values()]).toEqual([...imports.keys()].map(() => DYNAMIC));
});
