import { endpointOf, IAM, LOGS, signingRegion } from './services';
import { clearAwsVariables, restoreVariables } from '../../testing/aws-kit';

const env = { ...process.env };
beforeEach(() => {
  clearAwsVariables();
});
afterEach(() => {
  restoreVariables(env);
});

it.each([
  [LOGS, 'eu-central-1', 'https://logs.eu-central-1.amazonaws.com/', 'eu-central-1'],
  [LOGS, 'cn-north-1', 'https://logs.cn-north-1.amazonaws.com.cn/', 'cn-north-1'],
  [IAM, 'eu-central-1', 'https://iam.amazonaws.com/', 'us-east-1'],
  [IAM, 'cn-northwest-1', 'https://iam.cn-north-1.amazonaws.com.cn/', 'cn-north-1'],
])('%j in %s: %s, signed for %s', (service, region, url, signedFor) => {
  expect([endpointOf(service, region).href, signingRegion(service, region)]).toEqual([url, signedFor]);
});

it('an endpoint from the environment takes precedence; one for the service before one for all', () => {
  process.env.AWS_ENDPOINT_URL = 'http://127.0.0.1:1';
  expect([endpointOf(LOGS, 'eu-central-1').href, endpointOf(IAM, 'eu-central-1').href]).toEqual(
    Array(2).fill('http://127.0.0.1:1/'),
  );
  process.env.AWS_ENDPOINT_URL_CLOUDWATCH_LOGS = 'http://127.0.0.1:2';
  expect(endpointOf(LOGS, 'eu-central-1').href).toBe('http://127.0.0.1:2/');
});
