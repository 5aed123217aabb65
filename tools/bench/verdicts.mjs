// node tools/bench/verdicts.mjs [--only WORDS]    Our rollouts and Amazon's own command line on the same double, side by side. Writes verdicts.json, from which `npm run docs` prints docs/verdicts.md.
// Of the table of rollouts those in which one service changes: `aws ecs update-service` and `aws ecs wait services-stable` know of one. Needs awscli (tools/ecs-double/python.mjs).
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { runAws } from '../ecs-double/awscli.mjs';
import { awsCli } from '../ecs-double/python.mjs';
import { rolloutKit } from './rollout-kit.mjs';

export const RESULT = new URL('verdicts.json', import.meta.url);
/** Its waiters ask every 15 seconds. */
const POLL = 15_000;

/** Rollouts that somebody can have with a tool that sets one service: no plan of several steps, nothing that only our own client meets. */
export function comparable(rows) {
  return rows.filter(({ wish = {}, plan, place, options = {}, meanwhile = {} }) => {
    const one = wish.changes?.length === 1 && wish.changes[0] !== 'proc' && !wish.more && !wish.gateway;
    return one && !plan && !place && !meanwhile.machine && !meanwhile.missing && (options.wait ?? 0) === 0;
  });
}

export async function compare(row, kit, tools) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'verdicts-'));
  try {
    const ours = await judged(row, kit, {}, async (double) => {
      const { exit, said } = await kit.deploy(double, kit.planOf(row.wish), row.options, {}, row.meanwhile);
      return { exit, said };
    });
    const theirs = await judged(row, kit, { auto: POLL }, async (double) => {
      const between = await beside(double, row.meanwhile?.somebody);
      try {
        return await updateAndWait(row, kit, (args) => runAws(tools, { folder, url: between.url }, args));
      } finally {
        await between.close();
      }
    });
    return { name: row.name, ours, aws: theirs };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** A rollout of the table by any tool: what it said, and whether that is so. */
async function judged(row, { startDouble, servicesOf, planOf, truth }, more, run) {
  const double = await startDouble({ ...row.scenario, ...more }, servicesOf(row.wish));
  try {
    if (row.later) await fetch(new URL('/__scenario', double.url), { method: 'POST', body: JSON.stringify(row.later) });
    await row.before?.(double);
    const { exit, said } = await run(double);
    const atTheEnd = (await truth(double, planOf(row.wish))).pinned;
    await double.clock.advance(120_000);
    // "Stable" may be said a minute before ECS calls it completed: that is no lie.
    const pinned = exit === 0 ? (await truth(double, planOf(row.wish))).pinned : atTheEnd;
    return { exit, pinned, right: (exit === 0) === pinned, ...(exit !== 0 && { reason: reasonOf(row).test(said) }) };
  } finally {
    await double.close();
  }
}

/** What a person must be told of a failure: what the task itself did, where a task did something; else what the table wants to be said. */
export function reasonOf({ scenario = {}, says = /(?!)/ }) {
  const what = scenario.rules?.[0]?.do ?? {};
  if (what.exit) return what.exit.lines ? /KeyError: boom/ : new RegExp(`exit code ${what.exit.code}`);
  if (what.pull) return /CannotPullContainerError/;
  if (what.healthy === 'never') return /failed (container|ELB) health checks/;
  return REFUSED[scenario.faults?.[0].error] ?? says;
}

const REFUSED = {
  ExpiredTokenException: /expired/i,
  ThrottlingException: /throttl|rate exceeded|too often/i,
  ServerException: /Service Unavailable/,
};

async function updateAndWait({ wish, options }, { definition, NEW }, aws) {
  const [name] = wish.changes;
  const at = ['--cluster', 'acme'];
  const registered = await aws(['ecs', 'register-task-definition', '--cli-input-json', JSON.stringify(definition(name, NEW))]);
  if (registered.code !== 0) return { exit: registered.code, said: registered.said };
  const { taskDefinitionArn } = registered.said.taskDefinition;
  const updated = await aws([
    'ecs',
    'update-service',
    ...at,
    '--service',
    `acme-${name}`,
    '--task-definition',
    taskDefinitionArn,
  ]);
  if (updated.code !== 0) return { exit: updated.code, said: updated.said };
  const waited = await aws(['ecs', 'wait', 'services-stable', ...at, '--services', `acme-${name}`]);
  return { exit: waited.code, said: waited.said ?? '' };
}

/** Hands every call on, and lets somebody else do something after each. */
async function beside(double, somebody = async () => undefined) {
  const server = http.createServer((request, response) => {
    void (async () => {
      const parts = [];
      for await (const part of request) parts.push(part);
      const { host, connection, 'content-length': length, ...headers } = request.headers;
      const answer = await fetch(new URL(request.url, double.url), {
        method: request.method,
        headers,
        body: Buffer.concat(parts),
      });
      await somebody(double);
      response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(Buffer.from(await answer.arrayBuffer()));
    })().catch(() => request.socket.destroy());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => (server.closeAllConnections(), new Promise((resolve) => server.close(resolve))),
  };
}

async function main() {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  const tools = awsCli();
  if (!tools.aws) throw new Error(`Nothing to compare with: ${tools.reason}.`);
  const kit = rolloutKit();
  const results = [];
  for (const row of comparable(kit.ROWS).filter(({ name }) => name.includes(values.only ?? ''))) {
    results.push(await compare(row, kit, tools));
    console.log(JSON.stringify(results.at(-1)));
  }
  if (values.only === undefined) fs.writeFileSync(RESULT, `${JSON.stringify(results, null, 2)}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
