import { type Environment, environmentFile, KdcubeError } from '@kdcube/release/internal';

/** Where an environment runs on a host. */
export interface ComposePlace {
  environment: string;
  /** Of compose. */
  project: string;
  directory: string;
  file: string;
}

/** The place of an environment whose services run with compose. Problem `missing-key` without a folder. */
export function composePlace({ name, compose }: Environment): ComposePlace {
  const { project, directory, file } = compose;
  if (directory !== undefined) return { environment: name, project, directory, file };
  throw new KdcubeError({
    code: 'missing-key',
    message: 'compose.directory is missing: the folder on the host that holds the compose file.',
    hint: 'compose:\n  directory: /opt/kdcube',
    at: { file: environmentFile(name), path: 'compose' },
  });
}

/** Whether the environment runs on a host: its services do, or most of them if it has some on both targets. */
export function runsOnHost({ target }: Environment): boolean {
  return target === 'compose';
}

/** Problem `wrong-target` for an environment on ECS, or with services on both targets. */
export function requireHostTarget({ name, target, services }: Environment): void {
  const [other] = services.filter((service) => service.target !== 'compose');
  if (!other) return;
  throw new KdcubeError({
    code: 'wrong-target',
    message:
      target === 'compose'
        ? `${other.name} of ${name} runs on ECS, and the rest on a host: one deploy carries out one target.`
        : `${name} runs on ECS, not on a host.`,
    hint: target === 'compose' ? 'an environment of its own for the services on ECS' : `nx run release:deploy-ecs:${name}`,
  });
}
