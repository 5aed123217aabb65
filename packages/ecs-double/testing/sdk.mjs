// Amazon's own SDK as a client of a double, for specs; everything that was opened is closed after each test.
import { DescribeServicesCommand, ECSClient, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { CLUSTER, startDouble } from './kit.mjs';

const closing = [];

export async function open(scenario, more = {}) {
  const double = await startDouble(scenario);
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'none' };
  const client = new ECSClient({ endpoint: double.url, region: 'eu-central-1', maxAttempts: 1, credentials, ...more });
  closing.push(() => (client.destroy(), double.close()));
  return { double, client };
}

export async function closeAll() {
  for (const close of closing.splice(0)) await close();
}

export function ask(client) {
  return client.send(new DescribeServicesCommand({ cluster: CLUSTER, services: ['app'] }));
}

export function put(client, taskDefinition = 'app:2') {
  return client.send(new UpdateServiceCommand({ cluster: CLUSTER, service: 'app', taskDefinition }));
}
