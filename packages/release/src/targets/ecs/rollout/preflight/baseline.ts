import { familyRevision } from '../../../../deploy/short-names';
import { findProblem } from '../../../../deploy/checks/check';
import { planBaseline } from '../../../../deploy/checks/plan';
import type { ServiceStep } from '../../../../deploy/deploy-plan';
import { KdcubeError, type Problem } from '../../../../problem/problem';
import { activeForceFlags, clearForceFlags } from '../../plan/force-flags';
import { compareDefinitions } from '../../task-definition/compare-definitions';
import type { ServiceState } from '../port/port';
import type { StepDefinitions } from '../register';
import { getTaskDefinition, type Rollout } from '../rollout';

/** Checks that every service runs what it ran when the plan was made, or what an interrupted run of the plan left. Returns those revisions, by the service's name at ECS. */
export async function checkBaseline(
  rollout: Rollout,
  services: readonly ServiceState[],
  definitions: StepDefinitions,
): Promise<Map<string, string[]>> {
  const { plan } = rollout;
  const revisionsBefore = new Map<string, string[]>();
  const problems: Problem[] = [];
  for (const step of plan.services) {
    const baseline = plan.baseline[step.serviceName]?.taskDefinition;
    const service = services.find(({ name }) => name === step.serviceName);
    if (step.kind !== 'service' || baseline === undefined || !service) continue;
    const forced = definitions.forced?.service === step.service ? definitions.forced.revision.arn : undefined;
    const arns = [baseline, definitions.steps.get(step.service)?.arn, forced].filter((arn) => arn !== undefined);
    const current = service.taskDefinition;
    if (!arns.includes(current) && (await isForcedCopy(rollout, step, current, baseline))) arns.push(current);
    revisionsBefore.set(step.serviceName, arns);
    const facts = {
      environment: plan.environment,
      running: familyRevision(current),
      baseline: familyRevision(baseline),
      accepted: arns.map(familyRevision),
    };
    problems.push(...[findProblem([planBaseline], step.service, facts)].filter((problem) => problem !== undefined));
  }
  if (problems.length > 0) throw new KdcubeError(problems);
  return revisionsBefore;
}

/** A run that was killed during its rollback leaves the previous revision with the FORCE flags set. */
async function isForcedCopy(rollout: Rollout, { container }: ServiceStep, current: string, baseline: string): Promise<boolean> {
  const [one, other] = await Promise.all([getTaskDefinition(rollout, current), getTaskDefinition(rollout, baseline)]);
  if (!one || !other || one.family !== other.family || activeForceFlags(one).length === 0) return false;
  return compareDefinitions(clearForceFlags(one, container), clearForceFlags(other, container)).length === 0;
}
