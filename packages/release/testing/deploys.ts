import { createHash } from 'node:crypto';
import type { DeployInput, PlannedDeploy } from '../src/targets/ecs/plan/deploy-input';
import { planDeploy } from '../src/targets/ecs/plan/plan-deploy';
import type { Running } from '../src/targets/ecs/plan/running';
import type { TaskDefinition } from '../src/targets/ecs/task-definition/task-definition';
import type { Environment } from '../src/environment/environment';
import { mustReadEnvironment } from '../src/environment/read-environment';
import { mustReadRelease } from '../src/release/read';
import type { BundlePin } from '../src/release/pin';
import type { RecordedBundle, ReleaseRecord } from '../src/deploy/record';
import { planDescriptor } from '../src/descriptor/descriptor';
import { descriptorOptions } from '../src/env/bundles';
import { fixtureFiles, IMAGES } from './environments';
import { packing } from './packing';

const PLACE = { account: '123456789012', region: 'eu-central-1', cluster: 'alps-prod' };
export const prod = mustReadEnvironment('prod', fixtureFiles('valid')).environment;

/** A release of pinned bundles, `id ref` each; its commits and trees are made of the ref's content. */
export interface DeployFixture {
  environment?: Environment;
  /** `id ref content`: the same content is the same tree. */
  bundles?: readonly string[];
  name?: string;
  platform?: string;
  images?: ReadonlyMap<string, string>;
  running?: Running;
  /** What proc's image that runs holds; undefined: unknown. */
  before?: readonly RecordedBundle[];
}

/** 40 hexadecimal digits of a text. */
export function hex(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}

export function bundlesOf({ bundles = ['lifts@1-4 v1.4.0 a'] }: DeployFixture): RecordedBundle[] {
  return bundles.map((line) => {
    const [id = '', ref = '', content = ref] = line.split(' ');
    return { id, folder: id.replace(/\W/g, '_'), tree: hex(content), ref, commit: hex(`${ref}${content}`) };
  });
}

export function deployInput(fixture: DeployFixture = {}): DeployInput {
  const {
    environment = prod,
    name = 'prod-2026-11-23',
    platform = 'v0.3.2',
    images = IMAGES,
    running = nothingRuns(),
    before,
  } = fixture;
  const bundles = bundlesOf(fixture);
  const items = bundles.map(
    ({ id, ref }) => `    - {id: "${id}", repo: "git@git.example.com:alps/bundles.git", ref: "${ref}", subdir: service}`,
  );
  const { release } = mustReadRelease(
    `release_name: ${name}\nplatform: {ref: "${platform}"}\nbundles:\n  default_bundle_id: "${bundles[0]!.id}"\n  items:\n${items.join('\n')}\n`,
    'release.yaml',
    { mode: environment.bundles.mode },
  );
  const pins = new Map(bundles.map(({ id, ref, commit, tree }) => [id, { ...pinOf(id), ref: ref!, commit: commit!, tree }]));
  return {
    uncommitted: [],
    environment,
    release,
    name,
    descriptor: planDescriptor(release, pins, descriptorOptions(environment)),
    images,
    registryImages: new Map(),
    imageReasons: new Map(),
    customDefinitions: new Map(),
    running,
    bundles,
    runningBundles: before,
    subjects: new Map(),
    packing,
    ...setupRecord(environment, running),
  };
}

/** The record of what `deployed` did, as far as nothing else tells of it: that postgres-setup ran. */
function setupRecord({ name, services }: Environment, { latest }: Running): { record?: ReleaseRecord } {
  const setup = services.find(({ component }) => component === 'postgres-setup');
  const taskDefinition = setup && latest[setup.family];
  if (!taskDefinition) return {};
  const { component, serviceName } = setup;
  const ran = { component, serviceName, taskDefinition, image: '', digest: `sha256:${'0'.repeat(64)}`, desiredCount: 1 };
  const times = { startedAt: '2026-11-22T09:00:00Z', endedAt: '2026-11-22T09:09:00Z' };
  const record = {
    record: 2,
    environment: name,
    release: 'prod-2026-11-22',
    attempt: 1,
    verdict: 'succeeded',
    reason: '',
    ...times,
  } as const;
  return { record: { ...record, services: { [setup.name]: ran }, bundles: [], descriptor: '' } };
}

function pinOf(id: string): Omit<BundlePin, 'ref' | 'commit' | 'tree'> {
  return { pin: 1, repo: 'git@git.example.com:alps/bundles.git', subdir: 'service', path: `service/${id}` };
}

/** Services that exist, with definitions that belong to no release. */
export function nothingRuns(environment: Environment = prod): Running {
  const arn = 'arn:aws:ecs:eu-central-1:123456789012:task-definition/empty:1';
  const services = environment.services
    .filter(({ component }) => component !== 'postgres-setup')
    .map(({ serviceName }) => [
      serviceName,
      { serviceName, status: 'ACTIVE', taskDefinition: arn, desiredCount: 1, controller: 'ECS' },
    ]);
  return { from: 'ecs', ...PLACE, services: Object.fromEntries(services), definitions: {}, latest: {} };
}

/** What runs once a plan was carried out. */
export function carriedOut({ plan }: PlannedDeploy, before: Running = nothingRuns()): Running {
  const definitions: Record<string, TaskDefinition> = { ...before.definitions };
  const latest: Record<string, string> = { ...before.latest };
  const services = { ...before.services };
  const register = (definition: TaskDefinition): string => {
    const revision = Object.keys(definitions).filter((arn) => arn.includes(`/${definition.family}:`)).length + 1;
    const arn = `arn:aws:ecs:eu-central-1:123456789012:task-definition/${definition.family}:${revision}`;
    definitions[arn] = { ...definition, taskDefinitionArn: arn, revision, status: 'ACTIVE', compatibilities: ['FARGATE'] };
    latest[definition.family] = arn;
    return arn;
  };
  const { register: code, reuse: known } = plan.exec?.taskDefinition ?? {};
  const exec = code ? register(code as unknown as TaskDefinition) : known;
  for (const { taskDefinition, serviceName, kind, desiredCount } of plan.services) {
    const text = JSON.stringify(taskDefinition.register ?? null).replaceAll('kdcube-exec:next', exec ?? '');
    const arn = taskDefinition.register ? register(JSON.parse(text) as TaskDefinition) : taskDefinition.reuse!;
    if (kind === 'service')
      services[serviceName] = { ...before.services[serviceName]!, taskDefinition: arn, desiredCount: desiredCount.after };
  }
  return { ...before, services, definitions, latest };
}

/** What runs when a release was deployed. */
export function deployed(fixture: DeployFixture = {}): Running {
  return carriedOut(planDeploy(deployInput(fixture)), fixture.running);
}
