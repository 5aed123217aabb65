import type { DeployPlan } from '../../../deploy/deploy-plan';
import { familyRevision } from '../../../deploy/short-names';
import { compareDefinitions } from '../task-definition/compare-definitions';
import { expectedDigests } from '../task-definition/expected-digests';
import { renderExecTaskDefinition } from '../task-definition/render-task-definition';
import type { TaskDefinition } from '../task-definition/task-definition';
import type { DeployInput } from './deploy-input';
import { runningContainer } from './running-service';
import { variablesOf } from './running';

export interface PlannedExec {
  plan: NonNullable<DeployPlan['exec']>;
  /**
   * How proc's environment names it: as it does now, if the revision is the same, else `family:revision`, so that a first and a repeated deploy give one revision of proc. Undefined until it is
   * registered.
   */
  procReference?: string;
}

interface Revision {
  arn: string;
  definition: TaskDefinition;
}

/** The exec task: reuses the revision that proc names, or the latest one, if the content is the same; else registers a new one. */
export function planExec(input: DeployInput): PlannedExec | undefined {
  const { running, registryImages } = input;
  const definition = renderExecDefinition(input);
  if (!definition) return undefined;
  const image = definition.containerDefinitions[0]!.image;
  const named = revisionNamedByProc(input);
  const latest = latestRevision(definition.family, input);
  const before = named ?? latest;
  const isSame = (revision: Revision | undefined) =>
    revision !== undefined && compareDefinitions(definition, revision.definition).length === 0;
  const same = [named, latest].find(isSame);
  const recorded = running.from === 'ecs' ? undefined : input.record?.exec;
  const reuse = same?.arn ?? (recorded?.image === image ? recorded.taskDefinition : undefined);
  return {
    plan: {
      change: reuse === undefined ? 'update' : 'none',
      image,
      digests: expectedDigests(image, definition, registryImages),
      taskDefinition: {
        family: definition.family,
        ...(reuse === undefined ? { register: definition } : { reuse }),
        changes: reuse !== undefined || !before ? [] : compareDefinitions(definition, before.definition),
      },
    },
    ...(reuse !== undefined && { procReference: same === named && named ? named.text : familyRevision(reuse) }),
  };
}

/** proc may name it by its ARN, or by family and revision. */
function revisionNamedByProc({ environment, running, record }: DeployInput): (Revision & { text: string }) | undefined {
  const proc = environment.services.find(({ component }) => component === 'proc');
  const text = proc && variablesOf(runningContainer(proc, { running, record })).get('FARGATE_TASK_DEFINITION')?.value;
  const arn = text && Object.keys(running.definitions).find((each) => familyRevision(each) === familyRevision(text));
  return text && arn ? { text, arn, definition: running.definitions[arn]! } : undefined;
}

function latestRevision(family: string, { running }: DeployInput): Revision | undefined {
  const arn = Object.hasOwn(running.latest, family) ? running.latest[family] : undefined;
  const definition = arn === undefined ? undefined : running.definitions[arn];
  return arn !== undefined && definition ? { arn, definition } : undefined;
}

function renderExecDefinition({ environment, images }: DeployInput): TaskDefinition | undefined {
  const image = environment.exec?.image;
  const reference = image?.kind === 'digest' ? image.reference : image && images.get(image.name);
  return reference === undefined ? undefined : renderExecTaskDefinition(environment, reference);
}
