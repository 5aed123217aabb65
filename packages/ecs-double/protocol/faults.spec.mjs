// Faults between client and service, seen through Amazon's SDK.
import { UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { CLUSTER, describe as describeService } from '../testing/kit.mjs';
import { ask, closeAll, open, put } from '../testing/sdk.mjs';

afterEach(closeAll);

describe('faults', () => {
  test.each([
    ['ThrottlingException', 400],
    ['ServerException', 500],
    ['InternalFailure', 500],
    ['AccessDeniedException', 400],
    ['ExpiredTokenException', 400],
  ])('%s', async (error, status) => {
    const { client } = await open({ faults: [{ op: 'DescribeServices', error, times: 1 }] });
    await expect(ask(client)).rejects.toMatchObject({
      name: error,
      $metadata: { httpStatusCode: status },
    });
    expect((await ask(client)).services).toHaveLength(1);
  });

  test('the SDK retries a short burst of throttling; permanent throttling fails', async () => {
    const few = await open({ faults: [{ op: '*', error: 'ThrottlingException', times: 2 }] }, { maxAttempts: 3 });
    expect((await ask(few.client)).services).toHaveLength(1);
    expect(few.double.calls).toBe(3);
    const all = await open({ faults: [{ op: '*', error: 'ThrottlingException' }] }, { maxAttempts: 2 });
    await expect(ask(all.client)).rejects.toMatchObject({ name: 'ThrottlingException' });
  });

  test('credentials expire at a time', async () => {
    const { double, client } = await open({ faults: [{ error: 'ExpiredTokenException', from: 60 }] });
    await ask(client);
    await double.clock.advance(60_000);
    await expect(ask(client)).rejects.toMatchObject({ name: 'ExpiredTokenException' });
  });

  test('the connection is cut before a call is executed, or after', async () => {
    const { double, client } = await open({
      cuts: [
        { call: 1, when: 'before' },
        { call: 2, when: 'after' },
      ],
    });
    await expect(put(client)).rejects.toThrow('socket hang up');
    expect((await describeService(double)).deployments).toHaveLength(1);
    await expect(put(client)).rejects.toThrow('socket hang up');
    expect((await describeService(double)).deployments).toHaveLength(2);
    expect(double.journal.entries.filter(({ by }) => !by).map(({ op, cut }) => [op, cut])).toEqual([['UpdateService', 'after']]);
  });

  test.each([
    ['a page of a proxy', 'html', 'SyntaxError'],
    ['half of the body', 'half', 'SyntaxError'],
    ['half of the body, and the line breaks', 'cut', 'Error'],
    ['no JSON', 'Sorry.', 'SyntaxError'],
  ])('%s arrives instead of the response, once; the call was executed', async (_, as, name) => {
    const { double, client } = await open({ garbled: [{ op: 'UpdateService', as, times: 1 }] });
    await expect(put(client)).rejects.toMatchObject({ name });
    expect((await describeService(double)).deployments).toHaveLength(2);
    expect((await put(client)).service.serviceName).toBe('app');
  });

  test('a response of another shape, and a proxy’s page with its own status', async () => {
    const { client } = await open({
      garbled: [
        { op: 'DescribeServices', as: { services: [] }, times: 1 },
        { op: 'DescribeServices', as: 'html', status: 502, times: 1 },
      ],
    });
    expect((await ask(client)).services).toEqual([]);
    await expect(ask(client)).rejects.toMatchObject({ $metadata: { httpStatusCode: 502 } });
  });

  test('a call without a response, until the client aborts or is killed', async () => {
    const { double, client } = await open({ cuts: [{ op: 'UpdateService', when: 'hang', times: 1 }] });
    const abort = new AbortController();
    const asked = client.send(new UpdateServiceCommand({ cluster: CLUSTER, service: 'app', taskDefinition: 'app:2' }), {
      abortSignal: abort.signal,
    });
    await double.reached(1);
    abort.abort();
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
    expect((await describeService(double)).deployments).toHaveLength(2);
  });

  test('stale reads after a write: all, or every second one', async () => {
    const { double, client } = await open({ staleReads: { seconds: 10 } });
    const deploymentId = (await put(client)).service.deployments[0].id;
    const seen = async () => (await ask(client)).services[0].deployments.some(({ id }) => id === deploymentId);
    expect(await seen()).toBe(false);
    expect((await describeService(double)).deployments[0].id).toBe(deploymentId);
    await double.clock.advance(10_000);
    expect(await seen()).toBe(true);
    const other = await open({ staleReads: { seconds: 10, alternate: true } });
    const next = (await put(other.client)).service.deployments[0].id;
    const reads = [];
    for (let count = 0; count < 4; count += 1)
      reads.push((await ask(other.client)).services[0].deployments.some(({ id }) => id === next));
    expect(reads).toEqual([false, true, false, true]);
  });

  test('an unknown operation is refused', async () => {
    const { double } = await open();
    const post = (target, body) => fetch(double.url, { method: 'POST', headers: { 'x-amz-target': target }, body });
    const unknown = await post('AmazonEC2ContainerServiceV20141113.CreateCapacityProvider', '{}');
    expect([unknown.status, (await unknown.json()).__type]).toEqual([400, 'UnknownOperationException']);
    expect((await post('Other.Thing', '{}')).status).toBe(404);
    expect((await (await post('AmazonEC2ContainerServiceV20141113.ListTasks', '{')).json()).__type).toBe(
      'SerializationException',
    );
  });
});
