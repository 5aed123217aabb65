import { KdcubeError } from '@kdcube/release/internal';
import { type GeneratorCallback, logger, readNxJson, type Tree } from '@nx/devkit';
import { readGeneratorOptions } from '../read-options';
import { rewriterOf, runGenerator } from '../run-generator';
import { type CiFacts, readFacts } from './facts';
import { githubWorkflow } from './github';
import { gitlabPipeline } from './gitlab';
import { iamFiles } from './iam';
import { type Provider, providerOfRemote } from './remote';
import { CiOptions } from './schema';

const PROVIDERS: Record<Provider, { file: string; print: (facts: CiFacts) => string }> = {
  github: { file: '.github/workflows/release.yml', print: githubWorkflow },
  gitlab: { file: '.gitlab-ci.yml', print: gitlabPipeline },
};

export default function ciGenerator(tree: Tree, raw: CiOptions): Promise<GeneratorCallback | void> {
  return runGenerator(tree, () => writePipeline(tree, raw));
}

async function writePipeline(tree: Tree, raw: CiOptions): Promise<GeneratorCallback | void> {
  const { overwrite, iam, ...wanted } = readGeneratorOptions(CiOptions, raw);
  const provider = wanted.provider ?? (await providerOfRemote(tree.root));
  if (provider === undefined) throw unknownProvider();
  const { file, print } = PROVIDERS[provider];
  const facts = readFacts(tree, wanted);
  const files = new Map([[file, rewriterOf(tree)(print(facts))], ...(iam ? iamFiles(tree, wanted.environments) : [])]);
  const changed = [...files].filter(([name, text]) => textIn(tree, name) !== text);
  const edited = changed.map(([name]) => name).filter((name) => tree.exists(name));
  if (edited.length > 0 && !overwrite) throw alreadyExists(edited, provider);
  for (const [name, text] of changed) tree.write(name, text);
  if (changed.length === 0) return;
  return () => {
    if (facts.environments.length === 0)
      logger.info(
        'No environment can be deployed yet, so the pipeline ends with the push. nx g @kdcube/nx:environment adds one; then run this generator again with --overwrite.',
      );
    if (facts.cache === 'nx-cloud' && readNxJson(tree)?.nxCloudId === undefined)
      logger.info('nx.json names no workspace of Nx Cloud yet: nx connect');
    if (facts.registry === 'unknown')
      logger.info('No registry is configured: set KDCUBE_REGISTRY as a variable of the repository, or "registry" in nx.json.');
    logger.info('Next: the roles, variables, secrets and approvals that it needs: docs/ci.md of @kdcube/nx lists them.');
  };
}

function unknownProvider(): KdcubeError {
  return new KdcubeError({
    code: 'wrong-option',
    message: 'Where the pipeline runs is not known: this repository has no remote whose host has github or gitlab in its name.',
    hint: 'nx g @kdcube/nx:ci --provider=github    or --provider=gitlab',
  });
}

function textIn(tree: Tree, file: string): string | undefined {
  return tree.exists(file) ? tree.read(file, 'utf-8')!.replace(/\r\n/g, '\n') : undefined;
}

function alreadyExists(files: readonly string[], provider: string): KdcubeError {
  return new KdcubeError(
    files.map((file) => ({
      code: 'already-exists' as const,
      message: `${file} is there, and differs from the one that would be written.`,
      hint: `nx g @kdcube/nx:ci --provider=${provider} --overwrite    replaces it; git diff shows what changed`,
      at: { file },
    })),
  );
}
