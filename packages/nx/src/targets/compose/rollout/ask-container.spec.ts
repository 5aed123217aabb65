import { execFile } from 'node:child_process';
import { spawnSync } from 'node:child_process';
import { KdcubeError } from '@kdcube/release/internal';
import { listed, type BundleAnswer } from '../../../../../release/testing/rollouts/bundles';
import { startBundles } from '../../../../testing/rollouts/bundles';
import { askContainer } from './ask-container';

type Run = Parameters<typeof askContainer>[0]['run'];

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** The container is this machine: what docker exec would run there is run here. */
const here: Run = (program, args) => {
  expect([program, ...args.slice(0, 2)]).toEqual(['docker', 'exec', 'c0ffee']);
  return new Promise((resolve) => {
    execFile(args[2]!, args.slice(3), { encoding: 'utf8', maxBuffer: 10_000_000 }, (error, stdout, stderr) =>
      resolve({ stdout, stderr, exitCode: error ? Number(error.code) : 0 }),
    );
  });
};

const hasPython = spawnSync('python3', ['--version']).status === 0;
const withPython = hasPython ? describe : describe.skip;

withPython(`a real request by Python${hasPython ? '' : ' (skipped: python3 is not installed)'}`, () => {
  async function ask(answer: BundleAnswer) {
    const { url, close, seen } = await startBundles(() => answer);
    stops.push(close);
    return { answer: await askContainer({ run: here }, 'c0ffee', url), seen };
  }

  it('reads the answer and the process that gave it', async () => {
    const { answer, seen } = await ask({ body: listed(), process: 'proc-1/7' });
    expect(answer).toEqual({ status: 200, type: 'application/json', body: JSON.stringify(listed()), process: 'proc-1/7' });
    expect(seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it.each<[string, BundleAnswer, object]>([
    ['an error', { status: 500, body: 'secret' }, { status: 500, body: '' }],
    ['a limit', { status: 429, body: '{}' }, { status: 429 }],
    [
      'a redirect, which is not followed',
      { status: 307, location: 'http://other.example/x' },
      { status: 307, body: '', redirect: 'http://other.example/x' },
    ],
    ['10 MB', { body: 'x'.repeat(10_000_000) }, { unanswered: 'its answer is larger than 1 MiB' }],
    ['HTML', { body: '<html>', type: 'text/html' }, { status: 200, type: 'text/html', body: '<html>' }],
  ])('%s', async (_, answer, expected) => {
    expect((await ask(answer)).answer).toMatchObject(expected);
  });

  it('nothing listens', async () => {
    const { url, close } = await startBundles(() => 'never');
    await close();
    const answer = await askContainer({ run: here }, 'c0ffee', url);
    expect(answer).toEqual({ unanswered: expect.stringMatching(/^it cannot be reached \(.*refused/) });
  });
});

describe('what docker or the container says instead', () => {
  const outputOf = (result: { exitCode?: number; stdout?: string }) =>
    askContainer({ run: async () => ({ exitCode: 0, stdout: '', stderr: '', ...result }) }, 'c0ffee', 'http://127.0.0.1:1/');

  it.each([
    ['no Python', { exitCode: 127 }, 'its image has no python3'],
    ['the container is gone', { exitCode: 1 }, 'docker exec in its container ended with exit code 1'],
    ['nothing', {}, 'what was printed in its container is no answer'],
    ['another text', { stdout: 'hello' }, 'what was printed in its container is no answer'],
    ['JSON of another shape', { stdout: '{"status":"200"}' }, 'what was printed in its container is no answer'],
  ])('%s', async (_, result, unanswered) => {
    expect(await outputOf(result)).toEqual({ unanswered });
  });

  it('makes control characters visible', async () => {
    expect(await outputOf({ stdout: JSON.stringify({ unanswered: 'a\u001b[2Jb' }) })).toEqual({
      unanswered: expect.not.stringContaining('\u001b'),
    });
  });

  it('a command that takes too long is no answer; an interruption ends the deploy', async () => {
    const fails = (code: 'command-timeout' | 'interrupted') =>
      askContainer(
        { run: () => Promise.reject(new KdcubeError({ code, message: 'It took too long.\nmore' })) },
        'c0ffee',
        'http://127.0.0.1:1/',
      );
    expect(await fails('command-timeout')).toEqual({ unanswered: 'It took too long.' });
    await expect(fails('interrupted')).rejects.toThrow('It took too long.');
  });
});
