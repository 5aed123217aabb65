import { composeFailed, withoutValues } from './failure';

// As docker compose 2.26 and 2.40 write it.
it.each([
  ['line 3: unterminated quoted value "sk-canary', 'line 3: unterminated quoted value (not shown: it may be a secret)'],
  [
    'failed to read /opt/kdcube/.env: line 2: unexpected character "+" in variable name "sk-canary+/= zz"',
    'failed to read /opt/kdcube/.env: line 2: unexpected character (not shown: it may be a secret)',
  ],
  ['Invalid template: "${sk-canary"', 'Invalid template: (not shown: it may be a secret)'],
  [
    'invalid interpolation format for services.a.environment.PASSWORD: "sk-canary$".\nYou may need to escape any $ with another $',
    'invalid interpolation format for services.a.environment.PASSWORD: (not shown: it may be a secret)\nYou may need to escape any $ with another $',
  ],
  [
    'time="t" level=warning msg="The \\"canary\\" variable is not set. Defaulting to a blank string."\nno such image',
    'no such image',
  ],
  [
    'required variable HOST_BUNDLES_PATH is missing a value: set it',
    'required variable HOST_BUNDLES_PATH is missing a value: set it',
  ],
  ['yaml: line 3: did not find expected key', 'yaml: line 3: did not find expected key'],
])('what compose quotes is not shown: %s', (output, expected) => {
  expect(withoutValues(output)).toBe(expected);
  const [{ message, hint }] = composeFailed('start proc', output, 'kdcube').problems as unknown as [
    { message: string; hint: string },
  ];
  expect(message).not.toContain('canary');
  expect(hint).toContain('docker ps --all --filter label=com.docker.compose.project=kdcube');
});
