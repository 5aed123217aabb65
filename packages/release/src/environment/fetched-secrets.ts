import type { Service } from './environment';
import type { SecretReference } from './secret-reference';

/** A secret that AWS has, not a file of a host. */
export type AwsSecretReference = Exclude<SecretReference, { store: 'file' }>;

/** The file on a host, below compose.directory, with the secrets of a service that a deploy fetches from AWS. No folder above it is mounted into a container. */
export function fetchedSecretsFile({ name }: Pick<Service, 'name'>): string {
  return `.kdcube/secrets/${name}.env`;
}

/** The secrets of a service with compose that a deploy fetches, by variable. */
export function fetchedSecrets({ target, secrets }: Pick<Service, 'target' | 'secrets'>): [string, AwsSecretReference][] {
  if (target !== 'compose') return [];
  return Object.entries(secrets).flatMap(([name, reference]) => (reference.store === 'file' ? [] : [[name, reference]]));
}

/** The region that has a secret; undefined if neither the reference nor the environment names one. */
export function secretRegion({ arn }: AwsSecretReference, region: string | undefined): string | undefined {
  return arn?.split(':')[3] ?? region;
}
