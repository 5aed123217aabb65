import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { pushImage } from '../../images/push/push';
import { registriesOf } from '../../images/registries';
import { silent } from '../../log';
import { type Acme, acme, dockerDouble } from '../acme-kit';
import { useDouble } from '../aws-kit';
import { write } from '../git-kit';
import { putImage } from '../registry-kit';
import { emptied } from './account';
import type { Fault } from './faults.table';
import { type Recording, replay, type Replay } from './replay';
import { type Ids, makeWorld } from './world';

export const CANARY = 'cAnArY9x7Q2mZ4kW8pL1vB3nTd';
const RECORDED = path.join(__dirname, '../../../../fixtures/aws/verify.json');
const TOOL = pathToFileURL(path.join(__dirname, '../../../../../../tools/python/moto.mjs')).href;

export interface Moto {
  server?: string;
  reason?: string;
  broken?: boolean;
}

/** Where moto is, or why it is not. Found in a process of its own: a test's name must be known before anything can be awaited. */
export function findMoto(): Moto {
  const code = `import { moto } from ${JSON.stringify(TOOL)}; console.log(JSON.stringify(moto()));`;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  return JSON.parse(said) as Moto;
}

/** A workspace, the images of its release, and an account; one thing of it can be broken. */
export interface Stage {
  ours: Acme;
  aws: Replay;
  /** Makes everything right but for one thing. */
  set(fault?: Omit<Fault, 'name' | 'result'> & { name?: string }): Promise<void>;
  /** What is another in every run, by the names of it. */
  shown(text: string): string;
  /** With `update`, what moto said is kept. */
  end(options?: { update?: boolean }): Promise<void>;
}

/** `server`: the moto that is asked; without one, what it once answered. */
export async function stage(server?: string): Promise<Stage> {
  const ours = await acme();
  dockerDouble(ours);
  const pushed = await ours.job((job) => {
    const registries = registriesOf({ registry: ours.registry.host }, {}, {});
    return pushImage(job, { root: ours.root, registries, engine: 'auto', dryRun: false, branch: 'main' }, silent);
  });
  const web = `acme/web@${await putImage(ours.registry.host, 'acme/web', 'v1', 'web')}`;
  const moto = server === undefined ? undefined : await startMoto(server);
  const recording: Recording =
    moto === undefined
      ? (JSON.parse(fs.readFileSync(RECORDED, 'utf8')) as Recording)
      : { ids: {} as Ids, answers: {}, faults: {} };
  // Only a moto that made everything once makes up the same names each time.
  if (moto) await makeWorld(await emptied(moto.url), CANARY);
  const aws = await replay(recording, moto?.url);

  async function set({ name, account, environment, instead, registry }: Parameters<Stage['set']>[0] = {}): Promise<void> {
    let credentials: unknown;
    if (moto) {
      const there = await emptied(moto.url);
      recording.ids = await makeWorld(there, CANARY);
      credentials = await account?.(there, recording.ids);
    }
    useDouble(aws, CANARY);
    if (account && name?.startsWith('credentials')) Object.assign(process.env, credentials);
    aws.asked.length = 0;
    delete aws.denied;
    delete aws.garbled;
    aws.instead = instead;
    aws.fault = name;
    ours.registry.faults = registry;
    const text = environmentText(recording.ids, ours.registry.host, web);
    write(ours.root, { 'environments/prod.yaml': environment?.(text, recording.ids) ?? text });
  }

  return {
    ours,
    aws,
    set,
    shown(text) {
      const names: [string, string][] = [
        ...Object.entries(recording.ids),
        ['registry', ours.registry.host],
        ['web', web.slice(web.indexOf('@') + 1)],
        ['proc', pushed?.digest ?? ''],
      ];
      // The longest first: one may be the beginning of another.
      return names
        .flatMap(([name, id]) => [[name, id] as const, ...(id.startsWith('sha256:') ? [[name, id.slice(0, 19)] as const] : [])])
        .sort(([, a], [, b]) => b.length - a.length)
        .reduce((all, [name, id]) => all.replaceAll(id, `{${name}}`), text);
    },
    async end({ update = false } = {}) {
      await aws.close();
      await moto?.close();
      await ours.end();
      if (update) fs.writeFileSync(RECORDED, `${JSON.stringify(recording, inOrder, 1)}\n`);
    },
  };
}

/** Who was asked first is another in every run. */
function inOrder(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function startMoto(server: string): Promise<{ url: string; close(): Promise<void> }> {
  const tool = (await import(TOOL)) as { startMoto(found: Moto): Promise<{ url: string; close(): Promise<void> }> };
  return tool.startMoto({ server });
}

function environmentText(ids: Ids, registry: string, web: string): string {
  return `target: ecs
registry: "${registry}"
tenant: acme
project: demo
ecs: { account: "123456789012", region: eu-central-1, cluster: acme, execution_role: execution }
exec:
  runtime: fargate
  image: proc
  fargate: { subnets: ["${ids.subnetExec}"], security_groups: ["${ids.runs}"] }
services:
  proc: { component: proc, image: proc, task_role: proc, count: 1, mounts: { /config: { efs: ${ids.files}, access_point: ${ids.point} } }, secrets: { REDIS_URL: "ssm:/acme/redis" } }
  web: { component: other, image: "${registry}/${web}", port: 80, health: { tool: none }, secrets: { PASSWORD: "secretsmanager:acme/db#password" } }
`;
}
