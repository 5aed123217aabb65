import { familyRevision } from '../../../deploy/short-names';
import type { RecordedService, ReleaseRecord } from '../../../deploy/record';
import { KdcubeError, quoted, type Problem } from '../../../problem/problem';
import type { TaskDefinition } from '../task-definition/task-definition';
import type { Running } from './running';

/** What a record is compared with: what runs, and the revisions that it names as ECS has them, by the ARN in the record. */
interface RecordFacts {
  record: ReleaseRecord;
  running: Running;
  definitions: ReadonlyMap<string, TaskDefinition>;
}

/**
 * Refuses a record that does not match ECS. Anyone with write access to the registry can write a record: the rollback's target has to be a revision that ECS has, with the recorded images, of a service of
 * this environment. The setup task and exec are not carried out, but the next record repeats them.
 */
export function checkRecord(facts: RecordFacts): void {
  const { record, running } = facts;
  const names = Object.values(record.services).map(({ serviceName }) => serviceName);
  const problems = Object.entries(record.services).flatMap(([name, service]): Problem[] => {
    const isTask = service.component === 'postgres-setup';
    if (!isTask && !Object.hasOwn(running.services, service.serviceName))
      return [mismatch(record, `${name} ran as ${quoted(service.serviceName)}, which is not a service of this environment`)];
    if (names.filter((each) => each === service.serviceName).length > 1)
      return [mismatch(record, `several services ran as ${quoted(service.serviceName)}`)];
    return service.taskDefinition === undefined ? [] : checkRevision(facts, name, service, isTask);
  });
  if (record.exec) problems.push(...checkRevision(facts, 'exec', record.exec, true));
  if (problems.length > 0) throw new KdcubeError(problems);
}

type Revision = Pick<RecordedService, 'image' | 'digest' | 'taskDefinition'>;

/** `isRepeated`: the rollback does not run it, so it may have been deleted since. */
function checkRevision({ record, definitions }: RecordFacts, name: string, revision: Revision, isRepeated: boolean): Problem[] {
  const { image, digest, taskDefinition: arn = '' } = revision;
  const definition = definitions.get(arn);
  if (!definition) {
    if (isRepeated) return [];
    const message = `In that release ${name} ran ${quoted(arn)}, which ECS no longer has.`;
    return [{ code: 'release-not-found', message, hint: 'deploy that release again, from its commit' }];
  }
  if (definition.taskDefinitionArn !== arn)
    return [mismatch(record, `${name} ran ${quoted(arn)}, which is not the full ARN of a revision`)];
  if (!image.endsWith(`@${digest}`)) return [mismatch(record, `${name} ran ${quoted(image)} with the digest ${digest}`)];
  if (definition.containerDefinitions.some((container) => container.image === image)) return [];
  const images = definition.containerDefinitions.map((container) => container.image).join(', ');
  return [mismatch(record, `${name} ran ${image} in ${familyRevision(arn)}, and ECS has ${images} in that revision`)];
}

function mismatch({ release, attempt }: ReleaseRecord, what: string): Problem {
  return {
    code: 'record-mismatch',
    message: `The record ${quoted(`${release}.${attempt}`)} does not match ECS: it says that ${what}.`,
    hint: 'nx run release:history    lists the other releases; or deploy that release again, from its commit',
  };
}
