import {
  type AwsSecretReference,
  envFile,
  type Environment,
  fetchedSecrets,
  fetchedSecretsFile,
  secretRegion,
} from '@kdcube/release/internal';
import { readSecret } from '../../../aws/api/secret-reader';
import { type AwsConnection, connectAws } from '../../../aws/client';

/** The env files with the secrets that AWS has, by their path below compose.directory. Their content must reach the host through standard input only. */
export async function fetchSecretFiles({ services, ecs }: Environment): Promise<Map<string, string>> {
  const connections = new Map<string, AwsConnection>();
  const values = new Map<string, Promise<string>>();
  const read = async (reference: AwsSecretReference): Promise<string> => {
    // The rules of the environment have checked that there is a region.
    const region = secretRegion(reference, ecs.region) ?? '';
    const aws = connections.get(region) ?? (await connectAws(region));
    connections.set(region, aws);
    const key = JSON.stringify(reference);
    const value = values.get(key) ?? readSecret(aws, reference);
    values.set(key, value);
    return value;
  };
  try {
    const files = new Map<string, string>();
    for (const service of services) {
      const variables: Record<string, string> = {};
      for (const [name, reference] of fetchedSecrets(service)) variables[name] = await read(reference);
      if (Object.keys(variables).length > 0) files.set(fetchedSecretsFile(service), envFile(variables));
    }
    return files;
  } finally {
    for (const aws of connections.values()) aws.close();
  }
}
