import type { Problem } from '../../../problem/problem';
import { quoted } from '../../../problem/problem';
import type { Service } from '../../../environment/environment';
import { looksRandom } from '../../../document/values';
import { secretsIn } from '../../../document/secrets';
import type { ServiceEnv } from '../../../env/env';
import { ownContainer } from '../task-definition/adapt';
import { withoutWriter } from '../task-definition/files';
import type { TaskDefinition } from '../task-definition/task-definition';
import { isSecretValue } from '../../../document/values';

/**
 * Secrets that stand in a definition as plain text: in a variable that the environment does not know, in a sidecar, in a command or a label. A plan that
 * holds the definition would hold them too, and plans are files that people send each other; so none is made.
 */
export function plainSecrets(definition: TaskDefinition, service: Service, rendered: ServiceEnv): Problem[] {
  const own = ownContainer(definition, service);
  // What writes the files is all ours, and what it holds was looked at in release.yaml.
  return withoutWriter(definition.containerDefinitions).flatMap((container) => {
    const variables = (container.environment ?? [])
      // What the environment's file says was looked at when it was read, with its not_secret.
      .filter(({ name }) => !(container === own && Object.hasOwn(rendered.env, name)))
      .filter(({ name, value }) => isSecretValue(name, value))
      .map(({ name }) => name);
    const others = [
      'command',
      'entryPoint',
      'dockerLabels',
      'logConfiguration',
      'systemControls',
      'firelensConfiguration',
    ].filter((key) => textsIn(container[key]).some((text) => looksRandom(text) || secretsIn(text).length > 0));
    return [
      ...variables.map((name): Problem => {
        return {
          code: 'secret-value',
          message: `The task definition of ${quoted(service.name)} has what looks like a secret as plain text in ${name} of the container ${quoted(container.name)}. A plan would carry it on, and a plan is a file.`,
          hint: `aws ssm put-parameter --type SecureString --name /${service.family}/${name}    then secrets: {${name}: "ssm:/${service.family}/${name}"} of ${service.name}`,
        };
      }),
      ...others.map((key): Problem => {
        return {
          code: 'secret-value',
          message: `The task definition of ${quoted(service.name)} has what looks like a secret in ${key} of the container ${quoted(container.name)}.`,
          hint: 'give it to the container by secrets:',
        };
      }),
    ];
  });
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
