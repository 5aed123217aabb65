import { KdcubeError, quoted, type Problem } from '../../../problem/problem';
import type { SeenService, WantedImage } from './port';
import type { ServiceStep } from '../../../deploy/deploy-plan';
import { activeForceFlags, clearForceFlags } from '../plan/force-flags';
import { definitionOf, pause, type Run } from './rollout';
import { lingeringWords, standOf } from './late';
import { taskPlatform } from '../task-definition/expected-digests';
import { compareDefinitions } from '../task-definition/compare-definitions';
import type { Lookup, Wanted } from './register';
import { familyRevision } from '../../../deploy/short-names';
import { after } from './words';

/** Everything that can be refused before the first write: the place, the services, what runs. */
export async function checkPlace(run: Run): Promise<SeenService[]> {
  const { plan, ecs } = run;
  if (ecs.region !== plan.region || ecs.cluster !== plan.cluster)
    throw new KdcubeError({
      code: 'wrong-account',
      message: `The plan is for the cluster ${plan.cluster} in ${plan.region}, and ${ecs.cluster} in ${ecs.region} was asked.`,
    });
  const account = await ecs.account();
  if (account !== plan.account)
    throw new KdcubeError({
      code: 'wrong-account',
      message: `The credentials are those of the account ${account}, and ${plan.environment} is in ${plan.account}.`,
      hint: 'aws sts get-caller-identity    shows whose they are; AWS_PROFILE names others',
    });
  const services = await ecs.services(namesOf(run));
  const problems = plan.services.filter(({ kind }) => kind === 'service').flatMap((step) => unfit(run, step, services));
  if (problems.length > 0) throw new KdcubeError(problems);
  return services;
}

export function namesOf({ plan }: Pick<Run, 'plan'>): string[] {
  return plan.services.filter(({ kind }) => kind === 'service').map(({ serviceName }) => serviceName);
}

function unfit(
  { plan }: Run,
  step: { serviceName: string; desiredCount: { before?: number; after: number } },
  services: readonly SeenService[],
): Problem[] {
  const name = step.serviceName;
  const service = services.find((each) => each.name === name);
  const said = `aws ecs describe-services --region ${plan.region} --cluster ${plan.cluster} --services ${name}`;
  if (!service)
    return [{ code: 'service-missing', message: `The cluster ${plan.cluster} has no service ${quoted(name)}.`, hint: said }];
  const refuse = (message: string, hint: string): Problem[] => [{ code: 'service-not-deployable', message, hint }];
  if (service.status !== 'ACTIVE')
    return refuse(`The service ${quoted(name)} is ${service.status}: it is being deleted, or was.`, `create it again; ${said}`);
  if (service.controller === 'CODE_DEPLOY')
    return refuse(
      `The service ${quoted(name)} is deployed by CodeDeploy, and ECS takes no new revision of it from anybody else.`,
      'create it anew with the deployment controller ECS, or leave it out of the environment and deploy it with CodeDeploy',
    );
  if (service.controller !== 'ECS')
    return refuse(
      `The service ${quoted(name)} is deployed by an external controller (${service.controller}), by task sets.`,
      'create it anew with the deployment controller ECS, or leave it out of the environment',
    );
  // A plan that wants another number than before sets it; every other leaves the number alone.
  const isScaled = step.desiredCount.after > 0 && step.desiredCount.before !== step.desiredCount.after;
  if (service.desired === 0 && !isScaled)
    return refuse(
      `The service ${quoted(name)} wants no tasks (its desired count is 0): nothing would run, and nothing could be verified.`,
      `aws ecs update-service --region ${plan.region} --cluster ${plan.cluster} --service ${name} --desired-count 1`,
    );
  return [];
}

/** What every service is on, against the plan: as it was when the plan was made, or where an earlier run of the same plan left it. */
export async function checkBasis(run: Run, services: readonly SeenService[], found: Lookup): Promise<void> {
  const { plan } = run;
  const problems: Problem[] = [];
  for (const step of plan.services) {
    const baseline = plan.baseline[step.serviceName];
    const service = services.find(({ name }) => name === step.serviceName);
    if (step.kind !== 'service' || !baseline || !service) continue;
    const forced = found.forced?.service === step.service ? found.forced.wanted.arn : undefined;
    const accepted = [baseline.taskDefinition, found.steps.get(step.service)?.arn, forced].filter((arn) => arn !== undefined);
    if (
      !accepted.includes(service.taskDefinition) &&
      (await isForcedTwin(run, step, service.taskDefinition, baseline.taskDefinition))
    )
      accepted.push(service.taskDefinition);
    run.accepted.set(step.serviceName, accepted);
    if (accepted.includes(service.taskDefinition)) continue;
    problems.push({
      code: 'plan-outdated',
      message: `${step.service} runs ${familyRevision(service.taskDefinition)}. When the plan was made it ran ${familyRevision(baseline.taskDefinition)}: somebody deployed in between.`,
      hint: `nx run release:plan:${plan.environment}    makes a new one`,
    });
  }
  if (problems.length > 0) throw new KdcubeError(problems);
}

/** A run that was killed on its way back leaves what ran before, with the FORCE flags on. */
async function isForcedTwin(run: Run, { container }: ServiceStep, now: string, baseline: string): Promise<boolean> {
  const [one, other] = await Promise.all([definitionOf(run, now), definitionOf(run, baseline)]);
  if (!one || !other || one.family !== other.family || activeForceFlags(one).length === 0) return false;
  return compareDefinitions(clearForceFlags(one, container), clearForceFlags(other, container)).length === 0;
}

/** Every image of a service that changes is asked for: what its registry does not have, no task can pull. A registry that does not say is no reason to stop: tasks pull with a role of their own. */
export async function checkImages(run: Run, found: Lookup): Promise<void> {
  const { plan, images } = run;
  const wanted = new Map<string, WantedImage>();
  const want = (reference: string, { definition }: Wanted) => {
    const platform = taskPlatform(definition);
    wanted.set(`${reference} ${platform}`, { reference, platform });
  };
  for (const { service, change, image } of plan.services) {
    const step = found.steps.get(service);
    if (change === 'update' && step) want(image.after, step);
  }
  if (plan.exec?.change === 'update' && found.exec) want(plan.exec.image, found.exec);
  const asked = [...wanted.values()];
  const answers = await Promise.all(asked.map((one) => images.problemOf(one)));
  const unknown = asked.filter((_, at) => answers[at] === 'unknown').map(({ reference }) => reference);
  if (unknown.length > 0)
    run.say({ event: 'note', text: `whether the registry has them is not known from here: ${unknown.join(', ')}` });
  const problems = answers.filter((answer) => typeof answer === 'object');
  if (problems.length > 0) throw new KdcubeError(problems);
}

/**
 * Waits until what ECS has under way for the old revisions is over: a rollback of an earlier run, or somebody's restart. A rollout whose tasks fail is not waited for: its breaker may take a quarter
 * of an hour, and whoever plans something else now, a way back above all, wants it replaced. One that lacks nothing but the end of old tasks is waited for only a while: that end may never come.
 */
export async function waitForQuiet(run: Run, services: SeenService[]): Promise<SeenService[]> {
  const begun = run.clock.now();
  const over = new Set<string>();
  let now = services;
  for (;;) {
    const busy = now.filter(({ name, deployments: [first] }) => {
      if (first?.rollout !== 'IN_PROGRESS' || first.taskDefinition !== run.plan.baseline[name]?.taskDefinition) return false;
      if (over.has(first.id)) return false;
      return first.failed === 0 || /rolling back/i.test(first.reason ?? '');
    });
    const waited = run.clock.now() - begun;
    for (const service of busy)
      if (waited >= Math.min(ENDING, run.options.timeout) && (await lacksOnlyEnds(run, service, waited)))
        over.add(service.deployments[0]!.id);
    const left = busy.filter(({ deployments: [first] }) => !over.has(first!.id));
    if (left.length === 0) return now;
    if (waited >= run.options.timeout) throw stillBusy(run, left);
    for (const { name, deployments } of left) {
      const { service } = stepAt(run, name);
      run.say({ event: 'waiting', service, text: `waits for what ECS has under way (${deployments[0]!.id})` });
    }
    await pause(run, 15_000);
    now = await run.ecs.services(namesOf(run));
  }
}

/** How long the end of old tasks is waited for. Milliseconds. */
const ENDING = 300_000;

async function lacksOnlyEnds(run: Run, service: SeenService, waited: number): Promise<boolean> {
  const step = stepAt(run, service.name);
  const { taskDefinition } = service.deployments[0]!;
  const stand = await standOf(run, service, { taskDefinition, container: step.container, digests: [] });
  if (stand.is !== 'there') return false;
  run.say({
    event: 'note',
    text: `${step.service}: ECS does not call what ran before completed ${after(waited)}, and all of it runs: it is waited for no longer.${await lingeringWords(run, step)}`,
  });
  return true;
}

function stepAt({ plan }: Run, name: string): ServiceStep {
  return plan.services.find(({ serviceName }) => serviceName === name)!;
}

function stillBusy({ plan }: Run, busy: readonly SeenService[]): KdcubeError {
  const words = busy.map(({ name, deployments: [first] }) => `${name} (${first!.id}: ${first!.reason ?? 'in progress'})`);
  return new KdcubeError({
    code: 'deploy-in-progress',
    message: `ECS is still at work on what ran before: ${words.join(', ')}.`,
    hint: `aws ecs describe-services --region ${plan.region} --cluster ${plan.cluster} --services ${busy.map(({ name }) => name).join(' ')}`,
  });
}
