import { type ComposePlan, KdcubeError, parseImageReference } from '@kdcube/release/internal';
import { resolveCredentials } from '../../../registry/credentials/ecr';
import type { RegistryLogin } from '../host/registry-login';

/** The logins of this machine for the registries of a plan's images. Without one, docker on the host uses its own. */
export async function hostLogins({ content: { services, exec } }: ComposePlan): Promise<RegistryLogin[]> {
  const images = [...Object.values(services), ...(exec ? [exec] : [])].map(({ image }) => parseImageReference(image).host);
  const logins: RegistryLogin[] = [];
  for (const registry of new Set(images)) {
    const credentials = await credentialsOrNone(registry);
    if (credentials) logins.push({ registry, credentials });
  }
  return logins;
}

/** A rollback needs no registry: without AWS it works too. The pull says what is missing. */
async function credentialsOrNone(registry: string): ReturnType<typeof resolveCredentials> {
  try {
    return await resolveCredentials(registry);
  } catch (error) {
    if (error instanceof KdcubeError) return undefined;
    throw error;
  }
}
