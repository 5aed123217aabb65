import { KdcubeError, type Problem } from '../../../problem/problem';
import { compareBundles } from '../../../deploy/compare-bundles';
import type { EnvChange, ServiceValues } from '../../../deploy/deploy-plan';
import { descriptorForRecord } from '../../../deploy/normalize-descriptor';
import { recordedPlatform, type RecordedBundle } from '../../../deploy/record';
import { describeForcedStep } from '../../../deploy/registry-step';
import { planWaves } from '../../../deploy/waves';
import type { DescriptorPlan } from '../../../descriptor/descriptor';
import { isSecretValue } from '../../../document/values';
import type { Environment, Service } from '../../../environment/environment';
import { type EnvPlan, renderEnv } from '../../../env/env';
import type { Release } from '../../../release/release';
import { type BaseConfig, dependenciesOf } from '../render/base-config';
import { composeServices, renderRelease, type RenderedRelease } from '../render/render-release';
import type { ComposePlan, ComposeStep } from './compose-plan';
import { type HostRelease, lastGoodRelease, type ReleaseContent } from './host-release';
import { compareConfigFiles } from './edited-files';
import { hostBundles, withHostBundles } from './host-bundles';
import { baselineOf, containersOf, type HostState } from './host-state';
import { describeReadiness, planReadiness } from './plan-readiness';
import { reuseDescriptor } from './reuse-descriptor';
import { restartReasons } from './restart-reasons';

export interface ComposeInput {
  environment: Environment;
  release: Release;
  /** The release's name. */
  name: string;
  commit?: string;
  uncommitted: readonly string[];
  descriptor: DescriptorPlan;
  /** The images of the release by name: full references by digest. */
  images: ReadonlyMap<string, string>;
  /** By reference: its digest and, of an image index, those of its manifests. */
  imageDigests: ReadonlyMap<string, readonly string[]>;
  /** Why an image differs from the running one, one phrase each, by its new reference. */
  imageReasons: ReadonlyMap<string, readonly string[]>;
  bundles: readonly RecordedBundle[];
  imageHasGit?: boolean;
  /** The compose file on the host. */
  base: BaseConfig;
  secretStamps: ReadonlyMap<string, string>;
  state: HostState;
  /** The files that the platform edits too, as the host has them, by path. */
  configFiles: ReadonlyMap<string, string>;
  /** assembly.yaml of the host as plain data, if the platform gets one. */
  assembly?: unknown;
  /** `ssh://…`, or `this machine`. */
  host: string;
}

export interface PlannedCompose {
  plan: ComposePlan;
  values: ServiceValues;
}

/** What a deploy to a host would do, computed from the release and what runs there. Throws all problems at once. */
export function planCompose(input: ComposeInput): PlannedCompose {
  const { environment, release, descriptor, images, imageHasGit } = input;
  const last = lastGoodRelease(input.state.releases);
  const planned = renderEnv({ environment, release, descriptor, images, imageHasGit, assembly: input.assembly ?? {} });
  requireNoOverrides(planned.notes);
  const reused = reuseDescriptor(planned.services, last, descriptorForRecord(descriptor));
  const copied = hostBundles(environment, reused);
  const env = { ...planned, services: withHostBundles(reused, copied) };
  const { base, secretStamps, state } = input;
  const rendered = renderRelease({ environment, env: env.services, base, secretStamps });
  const values: ServiceValues = new Map();
  const services = composeServices(environment).map((service) => planStep(service, input, { env, rendered, last, values }));
  const content = { ...contentOf(input, services, env, rendered), ...(copied && { hostBundles: copied }) };
  const config = compareConfigFiles(content.configFiles, last?.content.configFiles ?? [], input.configFiles);
  const redis = planRedis(input, services, content, last);
  const plan: ComposePlan = {
    plan: 2,
    target: 'compose',
    environment: environment.name,
    release: input.name,
    ...(input.commit !== undefined && { commit: input.commit }),
    ...(input.uncommitted.length > 0 && { uncommitted: [...input.uncommitted] }),
    platform: recordedPlatform(input.release),
    host: input.host,
    project: environment.compose.project,
    directory: environment.compose.directory!,
    file: environment.compose.file,
    baseline: Object.fromEntries(services.map(({ serviceName }) => [serviceName, baselineOf(containersOf(state, serviceName))])),
    secretStamps: Object.fromEntries(secretStamps),
    ...config,
    starts: startsOf(services, base, state),
    waves: planWaves(services),
    services,
    ...(content.exec && {
      exec: { change: last?.content.exec?.image === content.exec.image ? 'none' : 'update', image: content.exec.image },
    }),
    bundles: bundlesOf(input, services, last),
    ...redis,
    content,
    notes: [
      ...planned.notes.map(({ message }) => message),
      ...rendered.notes,
      ...describeEdited(config.edited),
      ...describeInterruption(services),
      ...describeReadiness(environment, input.release),
      ...describeForcedStep({ services, ...redis }),
    ],
  };
  return { plan, values };
}

/** What assembly.yaml says wins over the environment, without a word: the services would run with other settings than those of the plan. */
function requireNoOverrides(notes: readonly Problem[]): void {
  const problems = notes.filter(({ code }) => code === 'assembly-overrides');
  if (problems.length > 0)
    throw new KdcubeError(
      problems.map((problem) => ({ ...problem, hint: 'remove these keys from assembly.yaml on the host, or set them to null' })),
    );
}

interface StepContext {
  env: EnvPlan;
  rendered: RenderedRelease;
  last: HostRelease | undefined;
  values: ServiceValues;
}

function planStep(service: Service, input: ComposeInput, { env, rendered, last, values }: StepContext): ComposeStep {
  const { env: variables, image } = env.services.find((each) => each.service === service.name)!;
  const ours = rendered.services.find((each) => each.service === service.name)!;
  const containers = containersOf(input.state, service.serviceName);
  const kind = service.component === 'postgres-setup' ? 'task' : 'service';
  const before = last?.content.services[service.name];
  const change = before ? compareVariables(before.env, variables) : { added: [], changed: [], removed: [] };
  const running = containers.filter(({ state }) => state === 'running');
  const count = kind === 'task' ? 1 : (service.count ?? Math.max(1, running.length));
  const imageReasons = input.imageReasons.get(image) ?? [];
  const reasons = restartReasons({ kind, rendered: ours, image, imageReasons, env: change, count, containers, last, before });
  const imageBefore = containers[0]?.image ?? before?.image;
  values.set(service.name, changedValues(change, before?.env ?? {}, variables));
  return {
    service: service.name,
    component: service.component,
    kind,
    serviceName: service.serviceName,
    change: reasons.length > 0 ? 'update' : 'none',
    reasons,
    image: { ...(imageBefore !== undefined && { before: imageBefore }), after: image },
    digests: digestsOf(image, input),
    env: change,
    desiredCount: { ...(containers.length > 0 && { before: running.length }), after: count },
    stopTimeout: service.stopTimeout,
    hash: ours.hash,
    interrupted: kind === 'service' && reasons.length > 0 && running.length > 0,
  };
}

/** The release as the host keeps it. */
function contentOf(
  input: ComposeInput,
  steps: readonly ComposeStep[],
  env: EnvPlan,
  { services, files, configFiles, compose }: RenderedRelease,
): ReleaseContent {
  const { exec, services: all } = input.environment;
  const runsCode =
    exec?.runtime === 'docker' && all.some(({ component, target }) => component === 'proc' && target === 'compose');
  const image = exec && (exec.image.kind === 'digest' ? exec.image.reference : input.images.get(exec.image.name));
  const readiness = planReadiness(input.environment, input.release, env.services);
  return {
    services: Object.fromEntries(
      steps.map(({ service, component, kind, serviceName, image: { after }, digests, hash, desiredCount, stopTimeout }) => {
        const { baseHash, hasHealthCheck, envFile } = services.find((each) => each.service === service)!;
        const variables = env.services.find((each) => each.service === service)!.env;
        const count = desiredCount.after;
        return [
          service,
          {
            component,
            kind,
            serviceName,
            image: after,
            digests,
            hash,
            baseHash,
            env: variables,
            envFile,
            desiredCount: count,
            hasHealthCheck,
            stopTimeout,
          },
        ];
      }),
    ),
    ...(runsCode && image !== undefined && { exec: { image, digests: digestsOf(image, input) } }),
    bundles: [...input.bundles],
    ...(readiness && { readiness }),
    descriptor: descriptorForRecord(input.descriptor),
    files: [...files],
    configFiles: [...configFiles],
    compose,
  };
}

/** What Redis holds outlives the containers, and overrides their environment: what changed is forced once. */
function planRedis(
  { environment, release }: ComposeInput,
  services: readonly ComposeStep[],
  content: ReleaseContent,
  last: HostRelease | undefined,
): Pick<ComposePlan, 'descriptor' | 'gateway'> {
  const runs = services.some(({ component, desiredCount }) => component === 'proc' && desiredCount.after > 0);
  const changed = last === undefined || last.content.descriptor !== content.descriptor;
  const gatewayChanged = last === undefined || gatewayOf(last.content) !== gatewayOf(content);
  const asks = services.some(({ component }) => component === 'proc' || component === 'ingress');
  return {
    descriptor: {
      changed,
      after: content.descriptor,
      force: changed && runs && environment.bundles.descriptor !== 'aws-sm',
    },
    // GATEWAY_CONFIG_FORCE_ENV_ON_STARTUP exists since 2026-03-04.
    gateway: { changed: gatewayChanged, force: gatewayChanged && asks && release.generation !== '2026.3.1' },
  };
}

/** The gateway's configuration of a release: one text for all services. */
export function gatewayOf({ services }: ReleaseContent): string | undefined {
  return Object.values(services).find(({ env }) => env.GATEWAY_CONFIG_JSON !== undefined)?.env.GATEWAY_CONFIG_JSON;
}

function bundlesOf(input: ComposeInput, services: readonly ComposeStep[], last: HostRelease | undefined): ComposePlan['bundles'] {
  const proc = services.find(({ component }) => component === 'proc');
  return compareBundles({
    after: input.bundles,
    ...(last && { before: last.content.bundles }),
    described: new Map((last?.content.bundles ?? []).map((bundle) => [bundle.id, bundle])),
    imageChanges: proc !== undefined && proc.image.before !== proc.image.after,
    mode: input.descriptor.mode,
    subjects: new Map(),
  });
}

/** The services of the compose file that have to run first, in the order of their start. */
function startsOf(services: readonly ComposeStep[], base: BaseConfig, state: HostState): string[] {
  const names = services.map(({ serviceName }) => serviceName);
  return dependenciesOf(base, names).filter(
    (name) =>
      !containersOf(state, name).some(({ state: each, exitCode }) => each === 'running' || (each === 'exited' && exitCode === 0)),
  );
}

export function describeEdited(paths: readonly string[]): string[] {
  return paths.map(
    (path) =>
      `${path} on the host is not as the last deploy wrote it: the platform's Bundle Admin or a person edited it. A deploy overwrites it only with --overwriteDescriptor.`,
  );
}

function describeInterruption(services: readonly ComposeStep[]): string[] {
  const names = services.filter(({ interrupted }) => interrupted).map(({ service }) => service);
  if (names.length === 0) return [];
  return [
    `Interrupted while it is replaced, from the stop of the old container until the new one is healthy: ${names.join(', ')}.`,
  ];
}

function digestsOf(reference: string, { imageDigests }: ComposeInput): string[] {
  const digest = reference.split('@')[1];
  return [...new Set([...(digest === undefined ? [] : [digest]), ...(imageDigests.get(reference) ?? [])])];
}

type Variables = Readonly<Record<string, string>>;

function compareVariables(before: Variables, after: Variables): EnvChange {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return {
    added: names.filter((name) => !Object.hasOwn(before, name)),
    changed: names.filter((name) => Object.hasOwn(before, name) && Object.hasOwn(after, name) && before[name] !== after[name]),
    removed: names.filter((name) => !Object.hasOwn(after, name)),
  };
}

function changedValues(
  { added, changed, removed }: EnvChange,
  before: Variables,
  after: Variables,
): Map<string, { before?: string; after?: string; hidden: boolean }> {
  return new Map(
    [...added, ...changed, ...removed].map((name) => {
      const [old, now] = [before[name], after[name]];
      const hidden = [old, now].some((value) => value !== undefined && isSecretValue(name, value));
      return [name, hidden ? { hidden } : { before: old, after: now, hidden }] as const;
    }),
  );
}
