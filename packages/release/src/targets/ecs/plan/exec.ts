import type { DeployPlan } from '../../../deploy/deploy-plan';
import { makeExecTaskDefinition } from '../task-definition/make';
import type { DeployInput } from './deploy-input';
import { runningContainer } from './what-runs';
import { variablesOf } from './running';
import { shortDefinition } from '../../../deploy/labels';
import { reportedDigests } from '../task-definition/reported';
import { differences } from '../task-definition/same';
import type { TaskDefinition } from '../task-definition/task-definition';

export interface PlannedExec {
  plan: NonNullable<DeployPlan['exec']>;
  /**
   * What proc is told of it: as proc has it already, where that is the same; else family and revision, as a deploy that registers it says, so that both make one revision of proc. Undefined: not
   * known before it is registered.
   */
  told?: string;
}

/** The task that code runs in: the revision that proc names, or the last one, where they say the same; else it is registered anew. */
export function plannedExec(input: DeployInput): PlannedExec | undefined {
  const { environment, running, knownImages } = input;
  const definition = execDefinition(input);
  if (!definition) return undefined;
  const image = definition.containerDefinitions[0]!.image;
  const named = namedByProc(input);
  const before = named ?? lastOf(definition.family, input);
  const same = [named, lastOf(definition.family, input)].find(
    (each) => each && differences(definition, each.definition).length === 0,
  );
  const recorded = running.from === 'ecs' ? undefined : input.record?.exec;
  const use = same?.arn ?? (recorded?.image === image ? recorded.taskDefinition : undefined);
  return {
    plan: {
      change: use === undefined ? 'update' : 'none',
      image,
      digests: reportedDigests(image, definition, knownImages),
      definition: {
        family: definition.family,
        ...(use === undefined ? { register: definition } : { use }),
        changes: use !== undefined || !before ? [] : differences(definition, before.definition),
      },
    },
    ...(use !== undefined && { told: same === named && named ? named.text : shortDefinition(use) }),
  };

  /** proc may name it by its ARN or by family and revision. */
  function namedByProc({ record }: DeployInput): { text: string; arn: string; definition: TaskDefinition } | undefined {
    const proc = environment.services.find(({ component }) => component === 'proc');
    const text = proc && variablesOf(runningContainer(proc, { running, record })).get('FARGATE_TASK_DEFINITION')?.value;
    const arn = text && Object.keys(running.definitions).find((each) => shortDefinition(each) === shortDefinition(text));
    return text && arn ? { text, arn, definition: running.definitions[arn]! } : undefined;
  }
}

function lastOf(family: string, { running }: DeployInput): { arn: string; definition: TaskDefinition } | undefined {
  const arn = Object.hasOwn(running.latest, family) ? running.latest[family] : undefined;
  const definition = arn === undefined ? undefined : running.definitions[arn];
  return arn !== undefined && definition ? { arn, definition } : undefined;
}

function execDefinition({ environment, images }: DeployInput): TaskDefinition | undefined {
  const image = environment.exec?.image;
  const reference = image?.kind === 'digest' ? image.reference : image && images.get(image.name);
  return reference === undefined ? undefined : makeExecTaskDefinition(environment, reference);
}
