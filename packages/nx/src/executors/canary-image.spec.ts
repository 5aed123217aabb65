import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { compressedWithCanary, filesWithCanary, FORMS, pushedText } from '../../testing/canary/kit';
import { IMAGE_PLACES } from '../../testing/canary/image-places.table';
import { captureAcme, releaseContext } from '../../testing/capture-output';
import dockerBuild from './docker-build/executor';
import dockerPush from './docker-push/executor';
import stage from './stage/executor';
import tag from './tag/executor';
import validate from './validate/executor';

jest.setTimeout(120_000);

const variables = { ...process.env };
const at = captureAcme();

afterEach(() => {
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(variables, name)) delete process.env[name];
  Object.assign(process.env, variables);
});

type Call = (options: never, context: never) => Promise<{ success: boolean }>;

/** With the project that each is a target of. */
const CALLS: [Call, string, object?][] = [
  [validate, 'release', { online: false }],
  [stage, 'here@1-0'],
  [dockerBuild, 'proc'],
  [dockerPush, 'proc'],
  // Again: the image is reused.
  [dockerPush, 'proc', { branch: 'next' }],
  [tag, 'release', { tags: ['v1'] }],
];

async function call([run, projectName, more]: (typeof CALLS)[number], options: object): Promise<void> {
  const { workspace } = at;
  const context = { ...(releaseContext(workspace.root) as object), projectName };
  const registries =
    run === validate || run === stage
      ? {}
      : { registry: `${workspace.registry.host}/acme`, platformRegistry: workspace.registry.host };
  const common = run === stage || run === validate ? {} : { args: {} };
  const ran = run({ ...common, ...registries, dryRun: false, offline: false, ...more, ...options } as never, context as never);
  // A bug of ours would be thrown: it must not show the secret either.
  await ran.catch((error: unknown) => (at.output += String(error)));
}

test.each(IMAGE_PLACES)(
  'a secret in $where is in no image, output, receipt or cache',
  async ({ hide, refused, signed = false, options = {} }) => {
    const { workspace } = at;
    workspace.registry.journal.length = 0;
    hide(workspace);
    const inputs = filesWithCanary(workspace.box.dir);
    for (const each of CALLS) await call(each, { json: false, ...(each[0] === dockerPush && options) });
    await call([dockerPush, 'proc'], { json: true, ...options });
    const pushed = await pushedText(workspace.registry);
    for (const form of FORMS) expect([at.output.includes(form), pushed.includes(form)]).toEqual([false, false]);
    expect(filesWithCanary(workspace.box.dir)).toEqual(inputs);
    expect(compressedWithCanary(process.env.KDCUBE_CACHE_DIR!)).toEqual([]);
    expect(compressedWithCanary(path.join(workspace.root, 'dist'))).toEqual([]);
    expect(fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith(`.kdcube.${process.pid}.`))).toEqual([]);
    expect(at.output).toContain(refused ? `[${refused}]` : 'pushed');
    expect(/^signed +proc /m.test(at.output)).toBe(signed);
    expect(pushed.includes('agentic_workflow')).toBe(refused === undefined);
  },
);
