import { KdcubeError } from '../../../../problem/problem';
import { taskPlatform } from '../../task-definition/expected-digests';
import type { ImageRequest } from '../port/port';
import type { StepDefinition, StepDefinitions } from '../register';
import type { Rollout } from '../rollout';

/** Checks that the registries have the images of all services that change. A registry that cannot be read does not stop the deploy: tasks pull with a role of their own. */
export async function checkImages(rollout: Rollout, definitions: StepDefinitions): Promise<void> {
  const requests = imagesOf(rollout, definitions);
  const results = await Promise.all(requests.map((request) => rollout.images.findProblem(request)));
  const unknown = requests.filter((_, index) => results[index] === 'unknown').map(({ reference }) => reference);
  if (unknown.length > 0)
    rollout.report({ event: 'note', text: `cannot check from here whether the registry has: ${unknown.join(', ')}` });
  const problems = results.filter((result) => typeof result === 'object');
  if (problems.length > 0) throw new KdcubeError(problems);
}

function imagesOf({ plan }: Rollout, definitions: StepDefinitions): ImageRequest[] {
  const requests = new Map<string, ImageRequest>();
  const add = (reference: string, { definition }: StepDefinition) => {
    const platform = taskPlatform(definition);
    requests.set(`${reference} ${platform}`, { reference, platform });
  };
  for (const { service, change, image } of plan.services) {
    const revision = definitions.steps.get(service);
    if (change === 'update' && revision) add(image.after, revision);
  }
  if (plan.exec?.change === 'update' && definitions.exec) add(plan.exec.image, definitions.exec);
  return [...requests.values()];
}
