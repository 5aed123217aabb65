import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { KdcubeError } from '@kdcube/release/internal';
import { run } from '../system/programs/exec';
import { formatTable } from '../system/table';
import { connect } from '../registry/transport/connect';
import { listTags } from '../registry/tags/list-tags';
import { runTask, type Task } from './run-task';

const HOSTILE = '\u001b]0;owned\u0007\u009b2J\u001b[2Jfailed\rdone\u202e';

/** Where text comes from that this program has not written, and how it reaches the log. */
const SOURCES: Record<string, (task: Task) => Promise<void> | void> = {
  'a field of a release record': ({ log }) => {
    log.lines(formatTable(['release', 'because'], [[HOSTILE, HOSTILE]]));
    log.event({ event: 'history', records: [{ reason: HOSTILE }] });
  },
  'the output of docker': async ({ log }) => {
    const program = `process.stderr.write(${JSON.stringify(`${HOSTILE}\n`)})`;
    await run(process.execPath, ['-e', program], { onLine: (line) => log.progress(`building proc: ${line}`) });
  },
  'the error of a program': async () => {
    const { stderr } = await run(process.execPath, ['-e', `console.error(${JSON.stringify(HOSTILE)})`]);
    throw new KdcubeError({
      code: 'command-failed',
      message: stderr,
      hint: stderr,
      at: { file: HOSTILE, line: 1, path: HOSTILE },
    });
  },
  'a message of a registry': async ({ log }) => {
    const server = http.createServer((_, response) => {
      response.writeHead(503, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ errors: [{ code: HOSTILE, message: HOSTILE }] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const registry = connect(host, { credentials: async () => undefined, attempts: 2, onRetry: (text) => log.progress(text) });
      await listTags(registry, 'acme/proc');
    } finally {
      server.close();
    }
  },
  'what was changed before a failure': () => {
    throw new KdcubeError({ code: 'file-error', message: 'no' }, { changed: `tagged ${HOSTILE}.` });
  },
};

test.each(Object.entries(SOURCES))('%s reaches the terminal without control characters', async (_, work) => {
  for (const json of [false, true]) {
    let output = '';
    const context = { root: '/', nxJsonConfiguration: {} } as Parameters<typeof runTask>[0];
    await runTask(
      context,
      'release',
      { json },
      async (task) => work(task),
      (_stream, line) => (output += `${line}\n`),
    );
    expect(output).toContain('owned');
    expect(output).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  }
});

test.each([false, true])(
  'commands in every line name the project and the targets as this workspace calls them (json: %s)',
  async (json) => {
    let output = '';
    const options = { project: 'kdcube-release', targetNames: { plan: 'show' } };
    const context = { root: '/', nxJsonConfiguration: { plugins: [{ plugin: '@kdcube/nx', options }] } } as unknown as Parameters<
      typeof runTask
    >[0];
    const work = async ({ log }: Task): Promise<void> => {
      log.note('then nx run release:plan:prod');
      log.event({ event: 'x', next: 'nx run release:plan' });
      throw new KdcubeError({ code: 'plan-invalid', message: 'No plan.', hint: 'nx run release:plan    writes one' });
    };
    await runTask(context, 'kdcube-release', { json }, work, (_stream, line) => (output += `${line}\n`));
    expect(output).toContain('nx run kdcube-release:show:prod');
    expect(output).toContain('nx run kdcube-release:show    writes one');
    expect(output).not.toContain('nx run release:');
    if (json) expect(output).toContain('"next":"nx run kdcube-release:show"');
  },
);
