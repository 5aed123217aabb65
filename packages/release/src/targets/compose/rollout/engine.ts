import { isEmptyPlan } from '../../../deploy/deploy-plan';
import { forcedService, requiredForceFlags } from '../../../deploy/registry-step';
import { KdcubeError } from '../../../problem/problem';
import { type ComposePlan, type ComposeStep, stepOf } from '../plan/compose-plan';
import { type HostRelease, lastGoodRelease } from '../plan/host-release';
import { baselineOf, containersOf, type HostState } from '../plan/host-state';
import { forcedHash, forcedText } from '../render/render-release';
import { sha256 } from '../render/host-files';
import { checkConfig } from './check-config';
import type { Failure } from './failure';
import { type ComposeOutcome, failureProblem, interruptedProblem, outcomeOf, verdictProblem } from './outcome';
import type { ComposeHost, ComposeOptions, ComposePorts } from './port';
import { failureOf, rollBack } from './rollback';
import { checkStop, type ComposeRollout, newRollout } from './rollout';
import { findMismatches, type Mismatch } from './verdict';
import { type Awaited, readLogOf, waitForServices } from './wait';
import { waitForBundles } from './wait-for-bundles';

/**
 * Rolls out a plan on a host. Everything that can be checked or fetched is, before the first container is replaced: until then a failure is thrown, and nothing that runs was changed. After it, a
 * failure is an Outcome. If the deploy is run again, even after `kill -9` at any point, its new plan finds what runs and continues.
 */
export async function rollOutCompose(plan: ComposePlan, ports: ComposePorts, options: ComposeOptions): Promise<ComposeOutcome> {
  const rollout = newRollout(plan, ports, options);
  if (isEmptyPlan(plan)) {
    const state = { containers: await ports.host.readContainers() };
    const problem = verdictProblem(rollout, state) ?? (await unreadyProblem(rollout));
    return outcomeOf(rollout, problem, false, state);
  }
  const lock = await ports.host.lock();
  try {
    const prepared = await prepare(rollout);
    const outcome = await runPrepared(prepared);
    await finishRelease(prepared, outcome);
    return outcome;
  } finally {
    await lock.release();
  }
}

/** Everything before the first container stops. */
async function prepare(rollout: ComposeRollout): Promise<ComposeRollout> {
  const { plan, host } = rollout;
  const state = { containers: await host.readContainers(), releases: await host.readReleases() };
  checkBaseline(plan, state);
  await checkConfigFiles(plan, host);
  try {
    await pullImages(rollout);
    return { ...rollout, ...(await prepareRelease(rollout, state)) };
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    throw new KdcubeError(error.problems, { cause: error, changed: NOTHING_STOPPED });
  }
}

const NOTHING_STOPPED = 'No service was changed. The host may have images and files of this release, which nothing uses.';

/** Refuses a plan if another one ran since it was made. */
function checkBaseline(plan: ComposePlan, state: HostState): void {
  const changed = plan.services.filter(({ serviceName }) => {
    const now = baselineOf(containersOf(state, serviceName));
    return JSON.stringify(now) !== JSON.stringify(plan.baseline[serviceName] ?? []);
  });
  if (changed.length === 0) return;
  throw new KdcubeError({
    code: 'plan-outdated',
    message: `The plan is out of date: since it was made, the containers of ${changed.map(({ service }) => service).join(', ')} have changed.`,
    hint: `nx run release:plan:${plan.environment}    makes a new plan`,
  });
}

/** Refuses a plan if the platform or a person has edited a file since. */
async function checkConfigFiles({ content, configBefore, environment }: ComposePlan, host: ComposeHost): Promise<void> {
  for (const { path } of content.configFiles) {
    const found = await host.readFile(path);
    if ((found === undefined ? '' : sha256(found)) === configBefore[path]) continue;
    throw new KdcubeError({
      code: 'plan-outdated',
      message: `The plan is out of date: since it was made, ${path} on the host has changed.`,
      hint: `nx run release:plan:${environment}    makes a new plan`,
    });
  }
}

/** All of them before anything stops: a registry that is down must not leave half a release. */
async function pullImages(rollout: ComposeRollout): Promise<void> {
  const { plan, host, clock, report } = rollout;
  const { services, exec } = plan.content;
  const images = new Set([...Object.values(services).map(({ image }) => image), ...(exec ? [exec.image] : [])]);
  for (const image of images) {
    checkStop(rollout);
    const startedAt = clock.now();
    if (await host.pull(image)) report({ event: 'pulled', image, milliseconds: clock.now() - startedAt });
  }
}

/** Writes the release beside what runs, and asks docker compose what it reads in it. */
async function prepareRelease(
  { plan, host, startedAt }: ComposeRollout,
  { releases }: HostState,
): Promise<Pick<ComposeRollout, 'next' | 'previous'>> {
  const { environment, release, commit, platform, content } = plan;
  const { hostBundles } = content;
  const next: HostRelease = {
    hostRelease: 1,
    number: Math.max(0, ...releases.map(({ number }) => number)) + 1,
    environment,
    release,
    ...(commit !== undefined && { commit }),
    ...(platform && { platform }),
    reason: '',
    startedAt: new Date(startedAt).toISOString(),
    content,
  };
  if (hostBundles) await host.copyBundles(hostBundles.image, hostBundles.folder);
  // Pulling may have taken an hour.
  await host.confirm();
  await host.writeRelease(next);
  checkConfig(await host.readConfig(next), plan);
  if (plan.starts.length > 0) await host.pullServices(plan.starts, next);
  const previous = lastGoodRelease(releases);
  return { next, ...(previous && { previous }) };
}

async function runPrepared(rollout: ComposeRollout): Promise<ComposeOutcome> {
  try {
    const started = await startDependencies(rollout);
    if (!started) await writeConfigFiles(rollout);
    const failure = started ?? (await runWaves(rollout));
    if (failure) return await handleFailure(rollout, failure);
    const state = { containers: await rollout.host.readContainers() };
    const [wrong] = [...findMismatches(rollout.plan.content, state), ...findRestarts(rollout, state)];
    // Nothing of this run is the cause of bundles that are not ready then, so nothing is rolled back.
    if (!wrong) return outcomeOf(rollout, updatesProc(rollout.plan) ? undefined : await unreadyProblem(rollout), false, state);
    const { service, code, what } = wrong;
    const { serviceName } = rollout.plan.content.services[service]!;
    const lines = await readLogOf(rollout, containersOf(state, serviceName));
    return await handleFailure(rollout, { service, code, reason: `${service} ${what}.`, lines });
  } catch (error) {
    if (!(error instanceof KdcubeError) || !rollout.progress.hasChanged) throw error;
    return outcomeOf(rollout, interruptedProblem(rollout, error), false, undefined);
  }
}

/** The plan leaves proc as it is. Its bundles must be ready all the same: an earlier run may have ended before they were. */
async function unreadyProblem(rollout: ComposeRollout): Promise<KdcubeError | undefined> {
  const failure = await waitForBundles(rollout);
  return failure && failureProblem(rollout, failure);
}

function updatesProc(plan: ComposePlan): boolean {
  return withForcedWave(plan).some(({ services }) => services.some((service) => isProc(stepOf(plan, service))));
}

function isProc({ component, kind }: ComposeStep): boolean {
  return component === 'proc' && kind === 'service';
}

/** Containers that this rollout started and docker has restarted since they were seen healthy: a service that crashes while a later wave is updated. */
function findRestarts({ progress }: ComposeRollout, state: Pick<HostState, 'containers'>): Mismatch[] {
  return progress.updated.flatMap(({ service, serviceName, kind }): Mismatch[] => {
    const crashed = kind === 'service' && containersOf(state, serviceName).find(({ restartCount }) => restartCount > 0);
    if (!crashed) return [];
    return [
      { service, code: 'container-crashed', what: `was healthy, and then its container exited and was restarted by docker` },
    ];
  });
}

async function startDependencies(rollout: ComposeRollout): Promise<Failure | undefined> {
  const { plan, host, report, progress } = rollout;
  if (plan.starts.length === 0) return undefined;
  checkStop(rollout);
  report({ event: 'wave', name: 'before', services: plan.starts });
  progress.hasChanged = true;
  await host.start(plan.starts, rollout.next!);
  const awaited = plan.starts.map((name): Awaited => ({ service: name, serviceName: name, kind: 'dependency', count: 1 }));
  return waitForServices(rollout, awaited);
}

/** proc reads them as it starts. */
async function writeConfigFiles({ plan, host, progress }: ComposeRollout): Promise<void> {
  for (const { path, content } of plan.content.configFiles) {
    const before = await host.readFile(path);
    if (before === content) continue;
    progress.hasChanged = true;
    progress.configBefore.set(path, before);
    await host.writeFile(path, content);
  }
}

async function runWaves(rollout: ComposeRollout): Promise<Failure | undefined> {
  for (const { name, services } of withForcedWave(rollout.plan)) {
    rollout.report({ event: 'wave', name, services });
    const steps = services.map((service) => stepOf(rollout.plan, service));
    const failure = (await runWave(rollout, steps)) ?? (steps.some(isProc) ? await waitForBundles(rollout) : undefined);
    if (failure) return failure;
  }
  return undefined;
}

/** The service that overwrites Redis starts in a wave of its own, the first one, if the plan does not update it otherwise. */
function withForcedWave(plan: ComposePlan): ComposePlan['waves'] {
  const service = forcedService(plan)?.service;
  if (service === undefined || plan.waves.some(({ services }) => services.includes(service))) return plan.waves;
  return [{ name: 'registry', services: [service] }, ...plan.waves];
}

/** Starts the services of a wave one after the other, and waits for all of them. */
async function runWave(rollout: ComposeRollout, steps: readonly ComposeStep[]): Promise<Failure | undefined> {
  const forced = forcedService(rollout.plan);
  const awaited: Awaited[] = [];
  for (const step of steps) {
    const failure = step === forced ? await startForced(rollout, step) : undefined;
    if (failure) return failure;
    const started = await startService(rollout, step, step.hash);
    if (started) return started;
    awaited.push(awaitedOf(step, step.hash));
  }
  return waitForServices(rollout, awaited);
}

/** What Redis holds wins over the environment: the service starts once with the FORCE flags, and then without them. */
async function startForced(rollout: ComposeRollout, step: ComposeStep): Promise<Failure | undefined> {
  const hash = forcedHash(step.hash);
  const overlay = forcedText(step.serviceName, step.hash, requiredForceFlags(rollout.plan));
  const failure = await startService(rollout, step, hash, overlay);
  return failure ?? (await waitForServices(rollout, [awaitedOf(step, hash)]));
}

async function startService(
  rollout: ComposeRollout,
  step: ComposeStep,
  hash: string,
  overlay?: string,
): Promise<Failure | undefined> {
  const { host, report, progress, next } = rollout;
  const { service, serviceName, image } = step;
  checkStop(rollout);
  report({ event: 'update', service, image: image.after, from: image.before ?? 'nothing' });
  if (!progress.updated.includes(step)) progress.updated.push(step);
  progress.hasChanged = true;
  try {
    await host.up(serviceName, next, overlay);
    return undefined;
  } catch (error) {
    if (!(error instanceof KdcubeError) || error.problems[0]!.code !== 'compose-failed') throw error;
    const failure = failureOf(step, error);
    report({ event: 'failed', service, code: failure.code, reason: failure.reason, lines: [] });
    return failure;
  }
}

function awaitedOf({ service, serviceName, kind, desiredCount }: ComposeStep, hash: string): Awaited {
  return { service, serviceName, kind, hash, count: desiredCount.after };
}

async function handleFailure(rollout: ComposeRollout, failure: Failure): Promise<ComposeOutcome> {
  // What is not known is no reason to replace what runs.
  const rollsBack = rollout.options.onFailure === 'rollback' && failure.code !== 'rollout-unknown';
  const recovery = rollsBack ? await rollBack(rollout) : undefined;
  const isRolledBack = recovery !== undefined && recovery.failed.length === 0 && recovery.rolledBack.length > 0;
  const containers = await rollout.host.readContainers().catch((error: unknown) => {
    if (error instanceof KdcubeError) return undefined;
    throw error;
  });
  return outcomeOf(rollout, failureProblem(rollout, failure, recovery), isRolledBack, containers && { containers });
}

/** The verdict stays with the release: the next plan compares with the last one that succeeded. */
async function finishRelease({ host, next, report }: ComposeRollout, outcome: ComposeOutcome): Promise<void> {
  const { verdict, problem, endedAt } = outcome;
  const reason = problem?.problems[0]?.message.split('\n')[0] ?? '';
  const finished = { ...next!, verdict, reason, endedAt: new Date(endedAt).toISOString() };
  try {
    await host.writeRelease(finished);
    if (verdict === 'succeeded') await host.keep(finished);
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    report({ event: 'note', text: `the host does not keep this release for a rollback: ${error.problems[0]!.message}` });
  }
}
