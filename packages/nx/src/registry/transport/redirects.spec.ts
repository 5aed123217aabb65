import { thrownProblem } from '../../../../release/testing/thrown-problem';
import { redirectTarget } from './redirects';

const transport = { allowsHttp: (host: string) => host === 'near.example' } as never;
const from = (url: string) => new URL(`${url}/v2/x/blobs/y`);

it.each([
  ['https://far.example/blob?sig=1', 'https://far.example/blob?sig=1'],
  ['/other', 'https://registry.example/other'],
  ['//far.example/blob', 'https://far.example/blob'],
  ['https://user:password@far.example/blob', 'https://far.example/blob'],
  ['https://user@far.example/blob', 'https://far.example/blob'],
  ['https://:password@far.example/blob', 'https://far.example/blob'],
])('%s leads to %s, without credentials', (location, target) => {
  expect(redirectTarget(transport, from('https://registry.example'), location).href).toBe(target);
});

it('plain http is followed from plain http, to a host that may use it', () => {
  expect(redirectTarget(transport, from('http://near.example'), 'http://near.example/x').href).toBe('http://near.example/x');
  for (const [start, location] of [
    ['https://near.example', 'http://near.example/x'],
    ['http://near.example', 'http://far.example/x'],
  ] as const) {
    const { host } = new URL(location);
    expect(thrownProblem(() => redirectTarget(transport, from(start), location))).toMatchObject({
      code: 'registry-response',
      message: expect.stringContaining(`redirects to ${host} over plain http, which is not followed.`),
      hint: `KDCUBE_INSECURE_REGISTRIES=${host} allows it if the registry itself uses plain http`,
    });
  }
});

it.each(['ftp://far.example/x', 'http://', 'file:///etc/passwd', 'javascript:x'])('%s is not followed', (location) => {
  const { message } = thrownProblem(() => redirectTarget(transport, from('http://near.example'), location));
  expect(message).toContain('near.example redirects to an invalid URL.');
});
