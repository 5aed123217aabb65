import { KdcubeError } from '@kdcube/release/internal';

/** Without environments, what runs is unknown. */
export function noEnvironments(): KdcubeError {
  return new KdcubeError({
    code: 'prune-incomplete',
    message: 'This workspace has no environments, so it is unknown which images run.',
    hint: 'nx g @kdcube/nx:environment prod',
    at: { file: 'environments' },
  });
}

export function noImages(): KdcubeError {
  return new KdcubeError({
    code: 'dockerfile-missing',
    message: 'There are no images to remove: no folder in images/ has a Dockerfile.',
    hint: 'nx g @kdcube/nx:image kdcube-chat-proc-bundled',
    at: { file: 'images' },
  });
}

/** What a compose host runs cannot be read from here. */
export function notReadable(environment: string): KdcubeError {
  return new KdcubeError({
    code: 'prune-incomplete',
    message: `The environment ${environment} has services on a compose host, and which images run there cannot be read from here.`,
    hint: `--ignore=${environment}    removes images even if they run there`,
    at: { file: `environments/${environment}.yaml` },
  });
}

export function unknownEnvironment(name: string, names: readonly string[]): KdcubeError {
  return new KdcubeError({
    code: 'wrong-option',
    message: `--ignore names the environment ${JSON.stringify(name)}, which does not exist.`,
    hint: names.length > 0 ? `one of ${names.join(', ')}` : undefined,
  });
}
