import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { pushImage } from '../../src/images/push/push';
import { resolveRegistries } from '../../src/workspace/registries';
import { silentLog } from '../../src/system/log';
import { type Acme, acme, dockerDouble } from '../acme-kit';
import { useDouble } from '../aws-kit';
import { write } from '../git-kit';
import { putImage } from '../registry-kit';
import { keyPair } from '../signatures';
import { type Account, resetMoto } from './account';
import type { Fault } from './faults.table';
import { type Recording, replay, type Replay } from './replay';
import { type Ids, makeWorld } from './world';

export const CANARY = 'cAnArY9x7Q2mZ4kW8pL1vB3nTd';
const RECORDED = path.join(__dirname, '../../fixtures/aws/verify.json');
const TOOL = pathToFileURL(path.join(__dirname, '../../../../tools/python/moto.mjs')).href;

export interface Moto {
  server?: string;
  reason?: string;
  broken?: boolean;
}

/** Finds moto, or the reason why it is not available. Runs in a child process, because the names of tests cannot be awaited. */
export function findMoto(): Moto {
  const code = `import { moto } from ${JSON.stringify(TOOL)}; console.log(JSON.stringify(moto()));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  return JSON.parse(output) as Moto;
}

/** A workspace, its pushed images, and an AWS account. */
export interface VerifySetup {
  workspace: Acme;
  aws: Replay;
  /** Resets everything, and applies one fault. */
  prepare(fault?: Omit<Fault, 'name' | 'result'> & { name?: string }): Promise<void>;
  /** Replaces ids and digests with their names. */
  nameIds(text: string): string;
  /** `update`: writes the recording. */
  close(options?: { update?: boolean }): Promise<void>;
}

/** `server`: the moto to use; without it, responses are taken from the recording. */
export async function setUp(server?: string): Promise<VerifySetup> {
  const workspace = await acme();
  dockerDouble(workspace);
  workspace.commit({ 'keys/release.pub': keyPair().publicPem });
  const pushed = await workspace.job((job) => {
    const registries = resolveRegistries({ registry: workspace.registry.host }, {}, {});
    return pushImage(job, { root: workspace.root, registries, engine: 'auto', dryRun: false, branch: 'main' }, silentLog);
  });
  const web = `acme/web@${await putImage(workspace.registry.host, 'acme/web', 'v1', 'web')}`;
  const moto = server === undefined ? undefined : await startMoto(server);
  const recording: Recording =
    moto === undefined
      ? (JSON.parse(fs.readFileSync(RECORDED, 'utf8')) as Recording)
      : { ids: {} as Ids, responses: {}, faults: {} };
  // The ids of the first world differ from those of all later ones.
  if (moto) await makeWorld(await resetMoto(moto.url), CANARY);
  const aws = await replay(recording, moto?.url);
  /** The account of moto, as long as nothing has changed it. */
  let account: Account | undefined;

  async function prepare({
    name,
    changeAccount,
    changeEnvironment,
    fixedResponses,
    registryFault,
  }: Parameters<VerifySetup['prepare']>[0] = {}): Promise<void> {
    let credentials: unknown;
    if (moto) {
      // `verify` only reads. A recording starts from a new account each time.
      if (!account || process.env.KD_UPDATE === '1') {
        account = await resetMoto(moto.url);
        recording.ids = await makeWorld(account, CANARY);
      }
      credentials = await changeAccount?.(account, recording.ids);
      if (changeAccount) account = undefined;
    }
    useDouble(aws, CANARY);
    if (changeAccount && name?.startsWith('credentials')) Object.assign(process.env, credentials);
    aws.actions.length = 0;
    delete aws.denied;
    delete aws.malformed;
    aws.fixedResponses = fixedResponses;
    aws.fault = name;
    workspace.registry.faults = registryFault;
    const text = environmentText(recording.ids, workspace.registry.host, web);
    write(workspace.root, { 'environments/prod.yaml': changeEnvironment?.(text, recording.ids) ?? text });
  }

  return {
    workspace,
    aws,
    prepare,
    nameIds(text) {
      const names: [string, string][] = [
        ...Object.entries(recording.ids),
        ['registry', workspace.registry.host],
        ['web', web.slice(web.indexOf('@') + 1)],
        ['proc', pushed?.digest ?? ''],
      ];
      // The longest first, because one may be a prefix of another.
      return names
        .flatMap(([name, id]) => [[name, id] as const, ...(id.startsWith('sha256:') ? [[name, id.slice(0, 19)] as const] : [])])
        .sort(([, a], [, b]) => b.length - a.length)
        .reduce((all, [name, id]) => all.replaceAll(id, `{${name}}`), text);
    },
    async close({ update = false } = {}) {
      await aws.close();
      await moto?.close();
      await workspace.end();
      if (update) fs.writeFileSync(RECORDED, `${JSON.stringify(recording, sortKeys, 1)}\n`);
    },
  };
}

/** The order of calls differs from run to run. */
function sortKeys(_: string, value: unknown): unknown {
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
