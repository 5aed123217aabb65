import { KdcubeError, quoted, type Problem } from '../../../problem/problem';
import type { ComposePlan } from '../plan/compose-plan';
import type { ReleaseContent } from '../plan/host-release';
import { escapeDollars, readBaseConfig, unescapeDollars, variablesOf } from '../render/base-config';
import { overrideText } from '../render/override-text';

/**
 * Refuses a release that docker compose reads in another way than it was rendered: an env file with a value that this version of compose expands, or a compose file that overrides it. Asked before
 * anything stops, of the same compose that starts the containers.
 */
export function checkConfig(config: string, { services, content, file }: ComposePlan): void {
  const read = readBaseConfig(config, file);
  const problems = services.flatMap(({ service, serviceName }): Problem[] => {
    const definition = read.services.get(serviceName);
    const { image, env } = content.services[service]!;
    const found = typeof definition?.image === 'string' ? unescapeDollars(definition.image) : 'no image';
    if (!definition || found !== image) return [problem(`${service} with the image ${quoted(found)}, not ${image}`)];
    const variables = variablesOf(definition);
    // Never a value: a compose file may hold a secret.
    const wrong = Object.keys(env).filter((name) => variables.get(name) !== env[name]);
    return wrong.length === 0 ? [] : [problem(`another value for ${wrong.slice(0, 5).join(', ')} of ${service}`)];
  });
  if (problems.length > 0) throw new KdcubeError(problems);
}

/** The overlay with which compose is asked: without the secret files, whose content never leaves the host. */
export function withoutSecretFiles({ services }: ReleaseContent, directory: string): string {
  return overrideText(
    new Map(
      Object.values(services).map(({ serviceName, envFile }) => [
        serviceName,
        [{ key: 'env_file', how: 'override', value: [escapeDollars(`${directory}/${envFile}`)] }],
      ]),
    ),
  );
}

function problem(what: string): Problem {
  return {
    code: 'compose-invalid',
    message: `docker compose on the host reads ${what}. Nothing was stopped.`,
    hint: 'a secret file must not set a variable that the environment sets',
  };
}
