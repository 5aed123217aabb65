import {
  type Environment,
  environmentNames,
  KdcubeError,
  parseRegistry,
  parseSshHost,
  quoted,
  readEnvironment,
  shown,
  type Release,
  ecrRegion,
} from '@kdcube/release/internal';
import { readNxJson, type Tree } from '@nx/devkit';
import { pluginOptions } from '../../plugin-options';
import { readReleaseText } from '../release-text';
import { treeFiles } from '../tree-files';
import { managerOf, type Manager } from './manager';

/** An environment as far as its pipeline differs by it. It may still have placeholders. */
export interface CiEnvironment {
  name: string;
  isOnEcs: boolean;
  /** The region of its cluster; undefined while it is a placeholder. */
  region?: string;
  /** `remote`: ssh reaches it. `local`: the job runs on the host itself. */
  host?: 'remote' | 'local';
  /** Variables of the deploy that hold credentials: those of `readiness.headers`. */
  variables: string[];
}

/** A registry that the pipeline logs in to. */
export interface CiRegistry {
  host: string;
  kind: 'ecr' | 'ghcr' | 'gitlab' | 'other';
  region?: string;
}

/** What of the workspace a pipeline depends on. */
export interface CiFacts {
  manager: Manager;
  cache: 'none' | 'self-hosted' | 'nx-cloud';
  branch: string;
  environments: CiEnvironment[];
  registries: CiRegistry[];
  /** Where the images are pushed, for KDCUBE_REGISTRY: that of the environments. Undefined if nx.json names it. `unknown` if nothing does. */
  registry?: string | 'unknown';
  /** How git reaches the repositories of pinned bundles. */
  git: { https: boolean; ssh: boolean };
  /** Images are signed. */
  signs: boolean;
}

/** Environments that a pull request may be planned for: read-only access exists for AWS, and not for a host, whose key would let the code of a pull request deploy. */
export function plannedInRequests({ environments }: CiFacts): CiEnvironment[] {
  return environments.filter(({ host }) => host === undefined);
}

/** Whether a job needs an identity in AWS. */
export function usesAws(facts: CiFacts): boolean {
  return hasEcr(facts) || facts.environments.some(({ isOnEcs }) => isOnEcs);
}

export function hasEcr({ registries }: CiFacts): boolean {
  return registries.some(({ kind }) => kind === 'ecr');
}

interface Wanted {
  cache: CiFacts['cache'];
  environments?: string;
  branch?: string;
}

/** Reads the workspace. Problems: an environment that is not there, a registry that is none. */
export function readFacts(tree: Tree, wanted: Wanted): CiFacts {
  const nxJson = readNxJson(tree);
  const plugin = pluginOptions(nxJson);
  const environments = chosenEnvironments(tree, wanted.environments);
  const registries = [plugin.registry, ...environments.map(({ registry }) => registry)].flatMap((text) => text ?? []);
  const found = readReleaseText(tree);
  const branch = wanted.branch ?? nxJson?.defaultBase?.replace(/^origin\//, '') ?? 'main';
  if (!/^[A-Za-z0-9][\w./-]*$/.test(branch))
    throw new KdcubeError({
      code: 'wrong-option',
      message: `${quoted(branch)} is not the name of a branch that a pipeline can be written for.`,
      hint: 'nx g @kdcube/nx:ci --branch=main',
    });
  return {
    manager: managerOf(tree),
    cache: wanted.cache,
    branch,
    environments: environments.map(environmentFacts),
    registries: uniqueRegistries(registries),
    ...(plugin.registry === undefined && { registry: pushRegistry(environments) }),
    git: gitFacts(found?.release),
    signs: (plugin.signatureKeys?.length ?? 0) > 0 || environments.some(({ signatures }) => (signatures.keys?.length ?? 0) > 0),
  };
}

/** The environments that are deployed to, in their order, as far as they can be read. */
export function chosenEnvironments(tree: Tree, wanted: string | undefined): Environment[] {
  const files = treeFiles(tree);
  const { names } = environmentNames(files);
  const order = wanted?.split(',').map((name) => name.trim()).filter((name) => name !== '') ?? byImportance(names); // prettier-ignore
  const unknown = order.filter((name) => !names.includes(name));
  if (unknown.length > 0 || new Set(order).size < order.length)
    throw new KdcubeError({
      code: 'wrong-option',
      message:
        unknown.length > 0
          ? `There is no environment ${unknown.map((name) => quoted(name)).join(', ')} that can be deployed.`
          : `--environments names an environment twice: ${order.join(', ')}.`,
      hint: names.length > 0 ? `--environments=${byImportance(names).join(',')}` : 'nx g @kdcube/nx:environment prod',
    });
  return order.flatMap((name) => readEnvironment(name, files).environment ?? []);
}

/** Production last. */
function byImportance(names: readonly string[]): string[] {
  const isProduction = (name: string) => /^prod(?:uction)?(?:-|$)/.test(name);
  return [...names.filter((name) => !isProduction(name)), ...names.filter(isProduction)];
}

function environmentFacts({ name, services, target, ecs, compose, readiness }: Environment): CiEnvironment {
  const targets = new Set([target, ...services.map((service) => service.target)]);
  const region = ecs.region !== undefined && /^[a-z]{2}(?:-[a-z]+)+-\d$/.test(ecs.region) ? { region: ecs.region } : {};
  const host = compose.host !== undefined && parseSshHost(compose.host) ? 'remote' : 'local';
  return {
    name,
    isOnEcs: targets.has('ecs'),
    ...region,
    ...(targets.has('compose') && { host }),
    variables: [...new Set(Object.values(readiness?.headers ?? {}))].filter((each) => /^[A-Za-z_]\w*$/.test(each)).sort(),
  };
}

/** docker-push knows no environment: one registry for all of them. */
function pushRegistry(environments: readonly Environment[]): string {
  const all = [...new Set(environments.flatMap(({ registry }) => registry ?? []))].filter((text) => !text.includes('<'));
  const [first] = all;
  if (all.length > 1)
    throw new KdcubeError({
      code: 'wrong-option',
      message: `The environments name several registries (${all.map((each) => quoted(each)).join(', ')}), and images are pushed to one.`,
      hint: '"registry" in the options of @kdcube/nx in nx.json names it',
    });
  return first === undefined ? 'unknown' : shown(parseRegistry(first));
}

/** Each host once. A placeholder is none. */
function uniqueRegistries(texts: readonly string[]): CiRegistry[] {
  const hosts = texts.filter((text) => !text.includes('<')).map((text) => parseRegistry(text).host);
  return [...new Set(hosts)].sort().map((host): CiRegistry => {
    const region = ecrRegion(host);
    if (region !== undefined) return { host, kind: 'ecr', region };
    if (host === 'ghcr.io') return { host, kind: 'ghcr' };
    return { host, kind: /^registry\.gitlab\./.test(host) ? 'gitlab' : 'other' };
  });
}

function gitFacts(release: Release | undefined): CiFacts['git'] {
  const repos = [...(release?.bundles ?? []), ...(release?.frontend ? [release.frontend] : [])].flatMap((source) =>
    'repo' in source && source.repo !== undefined ? [release!.repos[source.repo] ?? source.repo] : [],
  );
  const https = repos.some((repo) => /^https?:/i.test(repo));
  return { https, ssh: repos.some((repo) => !/^(?:https?|file):/i.test(repo)) };
}
