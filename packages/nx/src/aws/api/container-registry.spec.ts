import * as https from 'node:https';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { useDouble, restoreVariables } from '../../../testing/aws-kit';
import { problemOf } from '../../../testing/git-kit';
import { type AwsConnection, connectAws } from '../client';
import { deleteEcrImage, listEcrImages } from './container-registry';

interface EcrDouble {
  api: string;
  host: string;
  calls: string[];
  close(): Promise<void>;
}

const ACCOUNT = '123456789012';
const TYPE = 'application/vnd.oci.image.index.v1+json';
const env = { ...process.env };
let ecr: EcrDouble;
let aws: AwsConnection;

beforeEach(async () => {
  const tool = pathToFileURL(path.join(__dirname, '../../../../../tools/registry/ecr.mjs')).href;
  const { startEcr } = (await import(tool)) as { startEcr(options: object): Promise<EcrDouble> };
  ecr = await startEcr({ repositories: ['proc'] });
  useDouble({ url: 'http://127.0.0.1:1' });
  process.env.AWS_ENDPOINT_URL_ECR = ecr.api;
  aws = await connectAws('eu-central-1');
});
afterEach(async () => {
  aws.close();
  await ecr.close();
  restoreVariables(env);
});

/** Puts an empty index. Returns its digest. */
async function put(reference: string, what: string): Promise<string> {
  const answer = await fetch(ecr.api, {
    method: 'POST',
    body: '{}',
    headers: {
      'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
      authorization: '/eu-central-1/ecr/aws4_request',
    },
  });
  const { authorizationData } = (await answer.json()) as { authorizationData: { authorizationToken: string }[] };
  const headers = { authorization: `Basic ${authorizationData[0]!.authorizationToken}`, 'content-type': TYPE };
  const url = `https://${ecr.host}/v2/proc/manifests/${reference}`;
  return new Promise((resolve, reject) => {
    const request = https.request(url, { method: 'PUT', headers, rejectUnauthorized: false, agent: false }, (response) => {
      response.resume();
      resolve(String(response.headers['docker-content-digest']));
    });
    request.on('error', reject);
    request.end(JSON.stringify({ schemaVersion: 2, mediaType: TYPE, manifests: [], annotations: { what } }));
  });
}

it('lists every image with its tags and the time of its push, also images without a tag', async () => {
  const before = Date.now();
  const one = await put('one', 'x');
  await put('two', 'x');
  const untagged = await put('three', 'y');
  const images = await listEcrImages(aws, ACCOUNT, 'proc');
  expect(images.map(({ digest, tags }) => [digest, tags]).sort()).toEqual(
    [
      [one, ['one', 'two']],
      [untagged, ['three']],
    ].sort(),
  );
  for (const { pushedAt } of images) expect(pushedAt).toBeGreaterThanOrEqual(before - 1_000);
  expect(ecr.calls).toContain('DescribeImages');
});

it('deletes an image with its tags, and reports one that does not exist', async () => {
  const digest = await put('one', 'x');
  expect(await deleteEcrImage(aws, ACCOUNT, 'proc', digest)).toEqual({ isDeleted: true });
  expect(await deleteEcrImage(aws, ACCOUNT, 'proc', digest)).toEqual({ isDeleted: false });
  expect(await listEcrImages(aws, ACCOUNT, 'proc')).toEqual([]);
});

it('a repository that does not exist is a Problem of AWS', async () => {
  expect((await problemOf(listEcrImages(aws, ACCOUNT, 'nope'))).code).toMatch(/^aws-/);
});
