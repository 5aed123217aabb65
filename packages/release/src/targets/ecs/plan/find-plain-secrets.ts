import type { Problem } from '../../../problem/problem';
import { quoted } from '../../../problem/problem';
import type { Service } from '../../../environment/environment';
import { isSecretValue } from '../../../document/values';
import { looksRandom } from '../../../secrets/random';
import { secretsIn } from '../../../document/secrets';
import type { ServiceEnv } from '../../../env/env';
import { serviceContainer } from '../task-definition/update-task-definition';
import { withoutFilesContainer } from '../task-definition/files';
import type { TaskDefinition } from '../task-definition/task-definition';

/**
 * Secrets as plain text in a task definition: in a variable that the environment does not set, in a sidecar, in a command or a label. The plan would contain them too, and people share plan
 * files, so these are Problems.
 */
export function findPlainSecrets(definition: TaskDefinition, service: Service, rendered: ServiceEnv): Problem[] {
  const container = serviceContainer(definition, service);
  // The files container is ours, and its content was checked when release.yaml was read.
  return withoutFilesContainer(definition.containerDefinitions).flatMap((each) => {
    const variables = (each.environment ?? [])
      // The environment's own variables were checked when it was read, with its `not_secret`.
      .filter(({ name }) => !(each === container && Object.hasOwn(rendered.env, name)))
      .filter(({ name, value }) => isSecretValue(name, value))
      .map(({ name }) => name);
    const others = [
      'command',
      'entryPoint',
      'dockerLabels',
      'logConfiguration',
      'systemControls',
      'firelensConfiguration',
    ].filter((key) => textsIn(each[key]).some((text) => looksRandom(text) || secretsIn(text).length > 0));
    return [
      ...variables.map((name): Problem => {
        return {
          code: 'secret-value',
          message: `The task definition of ${quoted(service.name)} has what looks like a plain-text secret in ${name} of the container ${quoted(each.name)}. The plan file would contain it.`,
          hint: `aws ssm put-parameter --type SecureString --name /${service.family}/${name}    then secrets: {${name}: "ssm:/${service.family}/${name}"} of ${service.name}`,
        };
      }),
      ...others.map((key): Problem => {
        return {
          code: 'secret-value',
          message: `The task definition of ${quoted(service.name)} has what looks like a plain-text secret in ${key} of the container ${quoted(each.name)}.`,
          hint: 'pass it to the container with secrets:',
        };
      }),
    ];
  });
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
