import { checkPython } from './images';

const IMAGE = 'registry.example/acme/proc@sha256:1';

it.each([
  [{ Env: ['PATH=/usr/bin', 'PYTHON_VERSION=3.12.4'] }, 'PYTHON_VERSION=3.12.4'],
  [{ Entrypoint: ['/usr/bin/tini', '--'], Cmd: ['/usr/local/bin/python3.12', 'app.py'] }, '/usr/local/bin/python3.12'],
  [{ Entrypoint: ['python3'] }, 'python3'],
])('finds Python in the image config %j', (config, found) => {
  expect(checkPython('acme/proc', IMAGE, config)).toMatchObject({ status: 'pass', detail: expect.stringContaining(found) });
});

it.each([
  undefined,
  {},
  { Env: null },
  { Env: ['PYTHON_VERSION=', 'PYTHONPATH=/app'] },
  { Cmd: 'python3' },
  { Cmd: ['python'] },
  { Cmd: ['mypython3'] },
])('does not find Python in %j, and says how to check', (config) => {
  expect(checkPython('acme/proc', IMAGE, config as never)).toMatchObject({
    status: 'unknown',
    detail: expect.stringContaining(`docker run --rm --entrypoint python3 ${IMAGE} --version`),
  });
});
