import type { ExecutorContext } from '@nx/devkit';
import {
  type Environment,
  formatLogLine,
  KdcubeError,
  type LogLine,
  type LogTime,
  parseLogStart,
  quoted,
  type Service,
} from '@kdcube/release/internal';
import { connectAws } from '../../aws/client';
import type { Log } from '../../system/log';
import { settleAll } from '../../system/parallel';
import { withHost } from '../../targets/compose/host/host';
import { readComposeLogs } from '../../targets/compose/logs';
import { clusterOf, ecsPort } from '../../targets/ecs/ecs-port';
import { readLogs } from '../../targets/ecs/logs/follow-log';
import { findLogSources } from '../../targets/ecs/logs/log-sources';
import { listRecords, recordsOf } from '../../targets/records/records';
import { environmentRegistry, openEnvironment } from '../../workspace/environment';
import { readWorkspaceLenient } from '../../workspace/lenient';
import { resolveRegistries } from '../../workspace/registries';
import { runExecutor, type Task } from '../run-task';
import type { LogsOptions } from './schema';

/** Prints the logs of an environment's services. */
export default function logs(options: LogsOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async (task) => {
    const { log } = task;
    const { environment } = openEnvironment(readWorkspaceLenient(task.root, task.plugin), options.environment);
    const services = chooseServices(environment, options.service);
    const since = await startOf(options, environment, task);
    const read = { since, follow: options.follow };
    let count = 0;
    const print = (line: LogLine) => {
      count += 1;
      log.event({ event: 'log', ...line });
      log.lines([formatLogLine(line)]);
    };
    const on = (target: Service['target']) => services.filter((service) => service.target === target);
    await settleAll([readEcs(environment, on('ecs'), read, print, log), readCompose(environment, on('compose'), read, print)]);
    if (count === 0) log.note(`nothing was written (--since=${options.since})`);
  });
}

type Read = { since: LogTime; follow: boolean };

async function readEcs(
  environment: Environment,
  services: readonly Service[],
  read: Read,
  print: (line: LogLine) => void,
  log: Log,
): Promise<void> {
  if (services.length === 0) return;
  const { region, cluster } = clusterOf(environment);
  const aws = await connectAws(region);
  try {
    const sources = await findLogSources(ecsPort(aws, cluster), services, log);
    // By the clock of AWS, which its responses tell.
    const since = read.since.kind === 'time' ? read.since.at : aws.clock.now() - read.since.seconds * 1000;
    for await (const line of readLogs(aws, sources, { ...read, since })) print(line);
  } finally {
    aws.close();
  }
}

async function readCompose(
  { compose }: Environment,
  services: readonly Service[],
  read: Read,
  print: (line: LogLine) => void,
): Promise<void> {
  if (services.length === 0) return;
  await withHost(compose.host, (host) => readComposeLogs(host, { project: compose.project, services, ...read }, print));
}

function chooseServices({ name, services }: Environment, wanted: string | undefined): readonly Service[] {
  if (wanted === undefined) return services;
  const found = services.filter((service) => service.name === wanted);
  if (found.length > 0) return found;
  throw new KdcubeError({
    code: 'wrong-option',
    message: `The environment ${name} has no service ${quoted(wanted)}.`,
    hint: `--service=${services.map((service) => service.name).join('|')}`,
  });
}

async function startOf(options: LogsOptions, environment: Environment, { plugin, log }: Task): Promise<LogTime> {
  const start = parseLogStart(options.since);
  if (start && start.kind !== 'release') return start;
  if (!start)
    throw new KdcubeError({
      code: 'wrong-option',
      message: `--since=${options.since} is not a time.`,
      hint: '--since=2026-03-02T10:30:00Z',
    });
  const place = recordsOf(environmentRegistry(environment, resolveRegistries(options, plugin)), log);
  const record = (await listRecords(place, environment.name, log)).find(({ release }) => release === start.release);
  if (record) return { kind: 'time', at: Date.parse(record.startedAt) };
  throw new KdcubeError({
    code: 'release-not-found',
    message: `${quoted(start.release)} is neither a duration nor a release that was deployed to ${environment.name}.`,
    hint: `--since=30m; nx run release:history:${environment.name}    lists the releases`,
  });
}
