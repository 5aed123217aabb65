// node tools/bench/verdicts.mjs [--only WORDS]    Our rollouts and Amazon's own command line on the same double, side by side. Writes verdicts.json, from which `npm run docs` prints docs/verdicts.md.
// Of the table of rollouts those in which one service changes: `aws ecs update-service` and `aws ecs wait services-stable` know of one. Needs awscli (packages/ecs-double/conformance/python.mjs).
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { runAws } from '../../packages/ecs-double/conformance/awscli.mjs';
import { awsCli } from '../../packages/ecs-double/conformance/python.mjs';
import { rolloutKit } from './rollout-kit.mjs';

export const RESULT = new URL('verdicts.json', import.meta.url);
/** Its waiters ask every 15 seconds. */
const POLL = 15_000;

/** Rollouts that are possible with a tool that sets one service: no plan of several steps, nothing that only our own client meets, and nothing that happens by the number of its calls. */
export function comparable(rows) {
  return rows.filter(({ wish = {}, plan, place, options = {}, meanwhile, native, bundles }) => {
    const one = wish.changes?.length === 1 && wish.changes[0] !== 'proc' && !wish.more && !wish.gateway;
    // `aws ecs wait` knows no stages and no bundles.
    return one && !native && !bundles && !plan && !place && !meanwhile && (options.wait ?? 0) === 0;
  });
}

export async function compare(row, kit, tools) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'verdicts-'));
  try {
    const ours = await judged(row, kit, {}, async (double) => {
      const { exit, message } = await kit.deploy(double, kit.planOf(row.wish), row.options, {}, undefined);
      return { exit, message, verdict: exit === 0 ? 'good' : UNTOLD.has(exit) ? 'unknown' : 'bad' };
    });
    const theirs = await judged(row, kit, { auto: POLL }, (double) =>
      updateAndWait(row, kit, (args) => runAws(tools, { folder, url: double.url }, args)),
    );
    return { name: row.name, ours, aws: theirs };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Exit codes for "AWS does not tell the state of the rollout": no credentials, throttled, unreachable, nothing reported. */
const UNTOLD = new Set([20, 30, 31, 32]);

/**
 * Runs a rollout of the table with any tool: its verdict, and whether the verdict is right. "Good" is right if, two minutes later, as many tasks as ECS wants run the pinned image and their load balancers find them healthy; "bad" is right
 * if that is not so at the time of the verdict. Whether ECS calls the rollout completed does not count. "Unknown" is neither right nor wrong.
 */
async function judged(row, { startDouble, servicesOf, planOf, truth }, more, run) {
  const double = await startDouble({ ...row.scenario, ...more }, servicesOf(row.wish));
  const isPinned = async () => (await truth(double, planOf(row.wish))).tasksArePinned;
  try {
    if (row.later) await fetch(new URL('/__scenario', double.url), { method: 'POST', body: JSON.stringify(row.later) });
    await row.before?.(double);
    const { exit, message, verdict } = await run(double);
    if (verdict === 'good') await double.clock.advance(120_000);
    const pinned = await isPinned();
    const reason = reasonOf(row);
    return {
      exit,
      verdict,
      pinned,
      ...(verdict !== 'unknown' && { right: (verdict === 'good') === pinned }),
      ...(verdict !== 'good' && reason && { reason: reason.test(String(message)) }),
    };
  } finally {
    await double.close();
  }
}

/** What a report of a failure must contain: what the task itself did, or AWS's message. Undefined where only our own wording could be matched. */
export function reasonOf({ scenario = {} }) {
  const what = scenario.rules?.[0]?.do ?? {};
  if (what.exit) return what.exit.lines ? literal(what.exit.lines.at(-1)) : new RegExp(`exit code ${what.exit.code}`);
  if (what.launch) return literal(what.launch);
  if (what.secret) return literal(what.secret);
  if (what.pull) return /CannotPullContainerError/;
  if (what.healthy === 'never') return /failed (container|ELB) health checks|Target\.FailedHealthChecks/;
  // The AWS command line calls no load balancer: it never meets a fault of one.
  const fault = scenario.faults?.find(({ service }) => service === undefined);
  if (fault?.message) return literal(fault.message);
  return REFUSED[fault?.error];
}

function literal(text) {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
}

const REFUSED = {
  ExpiredTokenException: /expired/i,
  ThrottlingException: /throttl|rate exceeded|too often/i,
  ServerException: /Service Unavailable/,
};

async function updateAndWait({ wish }, { definition, NEW }, aws) {
  const [name] = wish.changes;
  const at = ['--cluster', 'acme'];
  const registered = await aws(['ecs', 'register-task-definition', '--cli-input-json', JSON.stringify(definition(name, NEW))]);
  if (registered.code !== 0) return failed(registered);
  const { taskDefinitionArn } = registered.output.taskDefinition;
  const updated = await aws([
    'ecs',
    'update-service',
    ...at,
    '--service',
    `acme-${name}`,
    '--task-definition',
    taskDefinitionArn,
  ]);
  if (updated.code !== 0) return failed(updated);
  const waited = await aws(['ecs', 'wait', 'services-stable', ...at, '--services', `acme-${name}`]);
  return waited.code === 0 ? { exit: 0, message: '', verdict: 'good' } : failed(waited);
}

/** As with our own exit codes: without an answer of AWS the verdict is "unknown". A waiter that gives up reports that the service is not stable. */
function failed({ code, output: message }) {
  const isUntold =
    /\((ExpiredToken|Throttling|Server|ServiceUnavailable)\w*\)|Could not connect|Connection was closed|Unable to locate credentials/;
  return { exit: code, message, verdict: isUntold.test(message) ? 'unknown' : 'bad' };
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
