import type { ExecutorContext, Task as NxTask, TaskGraph } from '@nx/devkit';
import { KdcubeError } from '@kdcube/release/internal';
import { runBatch, type Batch, type BatchResult } from './batch';

const CONTEXT = { root: '/nowhere', nxJsonConfiguration: {} } as ExecutorContext;

function graphOf(projects: readonly string[], dependencies: object = {}): TaskGraph {
  const task = (project: string): NxTask =>
    ({
      id: `${project}:docker-build`,
      target: { project, target: 'docker-build' },
      overrides: {},
      outputs: [],
    }) as unknown as NxTask;
  const tasks = projects.map(task);
  return {
    roots: tasks.map(({ id }) => id),
    tasks: Object.fromEntries(tasks.map((each) => [each.id, each])),
    dependencies: dependencies as TaskGraph['dependencies'],
    continuousDependencies: {},
  };
}

type Options = { json?: boolean };

/** Every result in the order of arrival, and what was written while the tasks ran. */
async function ran(
  projects: readonly string[],
  batch: Batch<Options>,
  options: Options = {},
  dependencies: object = {},
): Promise<{ results: BatchResult[]; written: string[] }> {
  const written: string[] = [];
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    jest.spyOn(process[name], 'write').mockImplementation((text) => written.push(`${name}: ${String(text)}`) > 0),
  );
  try {
    const graph = graphOf(projects, dependencies);
    const inputs = Object.fromEntries(Object.keys(graph.tasks).map((id) => [id, options]));
    const results: BatchResult[] = [];
    for await (const result of runBatch(graph, inputs, CONTEXT, batch)) {
      written.push(`result: ${result.task}`);
      results.push(result);
    }
    return { results, written };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

const outputOf = (results: readonly BatchResult[]) =>
  Object.fromEntries(results.map(({ task, result }) => [task.split(':')[0], [result.success, result.terminalOutput]]));

test('a Problem and a bug each fail their own task; the others go on, with their own output', async () => {
  const { results } = await ran(['good', 'wrong', 'broken', 'slow'], {
    concurrency: 2,
    async run({ project, log }) {
      log.done('built', project);
      if (project === 'wrong') throw new KdcubeError({ code: 'build-failed', message: 'It does not build.' });
      if (project === 'broken') throw new TypeError('undefined is not a function');
    },
  });
  expect(outputOf(results)).toEqual({
    good: [true, 'built       good\n'],
    wrong: [false, expect.stringMatching(/^built {7}wrong\n\[build-failed\]\n {2}It does not build\.\n/)],
    broken: [
      false,
      expect.stringMatching(
        /^built {7}broken\nNo file, image, tag or service was changed\.\nTypeError: undefined is not a function\n {4}at /,
      ),
    ],
    slow: [true, 'built       slow\n'],
  });
});

test('runs at most `concurrency` tasks at the same time, and all of them', async () => {
  let now = 0;
  let most = 0;
  const { results } = await ran(['a', 'b', 'c', 'd', 'e', 'f', 'g'], {
    concurrency: 3,
    async run() {
      most = Math.max(most, (now += 1));
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
    },
  });
  expect([most, results.length, results.every(({ result }) => result.success)]).toEqual([3, 7, true]);
});

test('afterAll runs after the last result', async () => {
  const { written } = await ran(['a', 'b'], {
    concurrency: 1,
    run: async () => {},
    afterAll: () => void process.stdout.write('table'),
  });
  expect(written).toEqual(['result: a:docker-build', 'result: b:docker-build', 'stdout: table']);
});

test('progress is printed at once, and not repeated; with --json it is not on stdout', async () => {
  const batch: Batch<Options> = {
    concurrency: 1,
    async run({ project, log }) {
      log.progress('half of it');
      log.done('built', project);
      log.event({ event: 'built' });
    },
  };
  const plain = await ran(['a'], batch);
  expect(plain.written).toEqual(['stdout: …          half of it\n', 'result: a:docker-build']);
  expect(outputOf(plain.results)).toEqual({ a: [true, 'built       a\n'] });
  const json = await ran(['a'], batch, { json: true });
  expect(json.written).toEqual(['stderr: …          half of it\n', 'result: a:docker-build']);
  expect(outputOf(json.results)).toEqual({ a: [true, 'built       a\n{"event":"built"}\n'] });
});

test.each<[string, (id: string) => unknown]>([
  ['ids, as of Nx 23', (id) => id],
  ['objects, as of Nx 24', (id) => ({ id })],
])('a task starts when its dependencies have ended, and is skipped if one of them failed: %s', async (_, named) => {
  const begun: string[] = [];
  const waitsFor = (...projects: string[]) => projects.map((project) => named(`${project}:docker-build`));
  const dependencies = {
    'top:docker-build': waitsFor('middle', 'elsewhere'),
    'middle:docker-build': waitsFor('bottom'),
    'above:docker-build': waitsFor('wrong'),
    'further:docker-build': waitsFor('above'),
  };
  const batch: Batch<Options> = {
    concurrency: 4,
    async run({ project }) {
      begun.push(project);
      await new Promise((resolve) => setImmediate(resolve));
      begun.push(`${project} ended`);
      if (project === 'wrong') throw new KdcubeError({ code: 'build-failed', message: 'It does not build.' });
    },
  };
  const { results } = await ran(['top', 'further', 'above', 'middle', 'bottom', 'wrong'], batch, {}, dependencies);
  const others = begun.filter((each) => !each.startsWith('wrong'));
  expect(others).toEqual(['bottom', 'bottom ended', 'middle', 'middle ended', 'top', 'top ended']);
  expect(outputOf(results)).toMatchObject({
    top: [true, ''],
    above: [false, 'Skipped: wrong:docker-build failed.\n'],
    further: [false, 'Skipped: above:docker-build failed.\n'],
  });
});
