// Digests from a real registry, over HTTP: the pinned one of an index, and the child that a task on its platform reports.
import { start as startRegistry } from './registry.mjs';
import { INDEX, call, pushImage } from './client.mjs';
import { startDouble, deploy, definition, isFinished, stopped, until } from '../../packages/ecs-double/testing/kit.mjs';

test('a task reports the child of the index for its platform; what is not there cannot be pulled', async () => {
  const registry = await startRegistry();
  const image = await pushImage(registry.url, 'acme/app', 'amd64', 'layer');
  const platform = { os: 'linux', architecture: 'amd64' };
  const body = JSON.stringify({
    schemaVersion: 2,
    mediaType: INDEX,
    manifests: [
      { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: image.digest, size: image.manifest.length, platform },
    ],
  });
  const pushed = await call(registry.url, 'PUT', '/v2/acme/app/manifests/all', { headers: { 'content-type': INDEX }, body });
  const index = pushed.headers['docker-content-digest'];
  const double = await startDouble({
    registryUrl: registry.url,
    taskDefinitions: [
      `${registry.host}/acme/app:amd64`,
      `${registry.host}/acme/app@${index}`,
      `${registry.host}/acme/app:none`,
    ].map((reference) => definition('app', reference)),
  });
  try {
    await deploy(double, 'app:2');
    const now = await until(double, isFinished);
    const { taskArns } = await double.as('ListTasks', { cluster: 'acme', serviceName: 'app' });
    const { tasks } = await double.as('DescribeTasks', { cluster: 'acme', tasks: taskArns });
    expect(tasks[0].containers[0].imageDigest).toBe(image.digest);
    const { serviceRevisions } = await double.as('DescribeServiceRevisions', {
      serviceRevisionArns: [now.currentServiceRevisions[0].arn],
    });
    expect(serviceRevisions[0].containerImages[0].imageDigest).toBe(index);
    await deploy(double, 'app:3');
    await double.clock.advance(180_000);
    expect((await stopped(double)).map(({ stoppedReason }) => stoppedReason)).toContainEqual(
      expect.stringMatching(/^CannotPullContainerError.*none: not found$/),
    );
  } finally {
    await double.close();
    await registry.close();
  }
});
