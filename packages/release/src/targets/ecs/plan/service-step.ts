import type { Service } from '../../../environment/environment';
import type { ServiceEnv } from '../../../env/env';
import type { EnvChange, ServiceStep, ServiceValues } from '../../../deploy/deploy-plan';
import { isSecretValue } from '../../../document/values';
import { compareDefinitions } from '../task-definition/compare-definitions';
import { expectedDigests } from '../task-definition/expected-digests';
import type { PlannedTask } from '../task-definition/plan-tasks';
import { serviceContainer } from '../task-definition/update-task-definition';
import type { TaskDefinition } from '../task-definition/task-definition';
import type { DeployInput } from './deploy-input';
import { restartReasons } from './restart-reasons';
import { runningContainer, runningDefinition, runningService } from './running-service';
import { variablesOf, type Variables } from './running';

/** What the deploy does to one service, and why. Adds the values of changed variables to `values`. */
export function planServiceStep(
  service: Service,
  task: PlannedTask,
  rendered: ServiceEnv,
  input: DeployInput,
  values: ServiceValues,
): ServiceStep {
  const kind = service.component === 'postgres-setup' ? 'task' : 'service';
  const before = runningDefinition(service, input);
  const recorded = input.running.from === 'ecs' ? undefined : input.record?.services[service.name];
  const imageBefore = runningContainer(service, input)?.image ?? recorded?.image;
  const changes = before ? compareDefinitions(task.definition, before) : [];
  const reuse = findReusableRevision(task, changes, service, input, rendered.image);
  const container = serviceContainer(task.definition, service)!;
  const oldVariables = variablesOf(runningContainer(service, input));
  const newVariables = variablesOf(container);
  const env = before ? compareVariables(oldVariables, newVariables) : { added: [], changed: [], removed: [] };
  const running = kind === 'service' ? runningService(service, input.running) : undefined;
  const countBefore = running?.desiredCount ?? recorded?.desiredCount;
  const count = service.count ?? countBefore ?? 1;
  const reasons = restartReasons({
    input,
    service,
    task,
    before,
    image: { before: imageBefore, after: rendered.image },
    changes,
    env,
    oldVariables,
    count: kind === 'service' && countBefore !== undefined ? { before: countBefore, after: count } : undefined,
    revisionChanges: reuse !== undefined && running !== undefined && running.taskDefinition !== reuse,
  });
  values.set(service.name, changedValues(env, oldVariables, newVariables));
  return {
    service: service.name,
    component: service.component,
    kind,
    serviceName: service.serviceName,
    container: container.name,
    logGroup: service.logGroup,
    change: reasons.length > 0 ? 'update' : 'none',
    reasons,
    image: { ...(imageBefore !== undefined && { before: imageBefore }), after: rendered.image },
    digests: expectedDigests(rendered.image, task.definition, input.registryImages),
    taskDefinition: {
      family: task.definition.family,
      ...(reuse === undefined ? { register: task.definition } : { reuse }),
      changes,
    },
    env,
    desiredCount: { ...(countBefore !== undefined && { before: countBefore }), after: kind === 'task' ? 1 : count },
    stopTimeout: service.stopTimeout,
  };
}

/** The registered revision with the same content: the running one, else the latest, which an interrupted deploy may have registered. */
function findReusableRevision(
  { definition }: PlannedTask,
  changes: readonly string[],
  service: Service,
  input: DeployInput,
  image: string,
): string | undefined {
  const { running, record } = input;
  const recorded = record?.services[service.name];
  if (running.from !== 'ecs') return recorded?.image === image ? recorded.taskDefinition : undefined;
  const before = runningDefinition(service, input);
  if (before && changes.length === 0) return arnOf(before);
  const latest = Object.hasOwn(running.latest, definition.family) ? running.latest[definition.family] : undefined;
  const latestDefinition = latest === undefined ? undefined : running.definitions[latest];
  return latestDefinition && compareDefinitions(definition, latestDefinition).length === 0 ? latest : undefined;
}

function arnOf({ taskDefinitionArn }: TaskDefinition): string | undefined {
  return typeof taskDefinitionArn === 'string' ? taskDefinitionArn : undefined;
}

function compareVariables(before: Variables, after: Variables): EnvChange {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  const isSame = (name: string) => {
    const [one, other] = [before.get(name)!, after.get(name)!];
    return one.value === other.value && one.valueFrom === other.valueFrom;
  };
  return {
    added: names.filter((name) => !before.has(name)),
    changed: names.filter((name) => before.has(name) && after.has(name) && !isSame(name)),
    removed: names.filter((name) => !after.has(name)),
  };
}

function changedValues({ added, changed, removed }: EnvChange, before: Variables, after: Variables) {
  return new Map(
    [...added, ...changed, ...removed].sort().map((name) => {
      const [old, next] = [before.get(name), after.get(name)];
      const hidden = [old?.value, next?.value].some((value) => value !== undefined && isSecretValue(name, value));
      const shown = (side: { value?: string; valueFrom?: string } | undefined) =>
        hidden ? undefined : (side?.value ?? side?.valueFrom);
      return [name, { before: shown(old), after: shown(next), hidden }] as const;
    }),
  );
}
