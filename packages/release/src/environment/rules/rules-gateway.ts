import type { DocumentPath } from '../../document/document';
import { GATEWAY_DEFAULTS, ROLES, SLICES, sliceOf } from '../gateway';
import type { Slice, SlicedSection } from '../gateway';
import type { EnvironmentReport, EnvironmentRule, EnvironmentRuleInput } from './rule';
import type { WrittenGateway } from '../written-gateway';

type Numbers = Record<string, number>;
type ReportKey = (key: string, what: string) => void;

/** What the platform's validator rejects: the platform then ignores the whole gateway, and logs only one line. */
export const gatewayIsAccepted: EnvironmentRule = ({ written, doc }, report) => {
  const { gateway } = written;
  if (!gateway) return;
  for (const slice of SLICES) {
    const at = (section: SlicedSection): ReportKey => {
      return (key, what) =>
        report(
          {
            code: 'gateway-value',
            message: `${key} ${what}: otherwise the platform rejects the whole gateway.`,
            hint: defaultOf(section, key),
          },
          place(doc, section, slice, key),
        );
    };
    capacityIsPositive(numbersOf(gateway, 'service_capacity', slice, GATEWAY_DEFAULTS.service_capacity), at('service_capacity'));
    thresholdsRise(numbersOf(gateway, 'backpressure', slice, GATEWAY_DEFAULTS.backpressure), at('backpressure'));
    ratesArePositive(gateway, slice, at('rate_limits'));
    poolsFit(numbersOf(gateway, 'pools', slice, {}), at('pools'));
    for (const key of ['max_sse_connections_per_instance', 'max_integrations_ops_concurrency'])
      if (numbersOf(gateway, 'limits', slice, {})[key]! < 0) at('limits')(key, 'must not be negative');
  }
  for (const [key, value] of Object.entries(gateway.circuit_breakers ?? {}))
    if (typeof value === 'number' && value <= 0 && /_(?:failure_threshold|recovery_timeout)$/.test(key))
      report(
        {
          code: 'gateway-value',
          message: `${key} must be positive: otherwise the platform rejects the whole gateway.`,
          hint: 'remove the line: the platform uses its default',
        },
        ['gateway', 'circuit_breakers', key],
      );
};

/** A hint with the default of the platform. */
function defaultOf(section: SlicedSection, key: string): string {
  const values: Numbers = { ...GATEWAY_DEFAULTS.service_capacity, ...GATEWAY_DEFAULTS.backpressure };
  const known = section === 'service_capacity' || section === 'backpressure' ? values[key] : undefined;
  return known === undefined
    ? 'remove the line: the platform uses its default'
    : `${key}: ${known}    is the default of the platform`;
}

function capacityIsPositive(capacity: Numbers, reportKey: ReportKey): void {
  for (const [key, value] of Object.entries(capacity)) if (value <= 0) reportKey(key, 'must be positive');
}

function thresholdsRise(values: Numbers, reportKey: ReportKey): void {
  const { capacity_buffer: buffer, queue_depth_multiplier: depth } = values;
  if (!(buffer! > 0 && buffer! < 1)) reportKey('capacity_buffer', 'must be between 0 and 1');
  if (depth! <= 0) reportKey('queue_depth_multiplier', 'must be positive');
  const names = [
    'anonymous_pressure_threshold',
    'registered_pressure_threshold',
    'paid_pressure_threshold',
    'hard_limit_threshold',
  ];
  for (const name of names) if (!(values[name]! > 0 && values[name]! <= 1)) reportKey(name, 'must be above 0 and at most 1');
  const [anonymous, registered, paid, hard] = names.map((name) => values[name]!);
  if (anonymous! >= registered!) reportKey(names[0]!, `must be less than ${names[1]} (${registered})`);
  if (registered! > paid!) reportKey(names[1]!, `must be at most ${names[2]} (${paid})`);
  if (paid! >= hard!) reportKey(names[2]!, `must be less than ${names[3]} (${hard})`);
}

function ratesArePositive(gateway: WrittenGateway, slice: Slice, reportKey: ReportKey): void {
  const roles = sliceOf(gateway, 'rate_limits', slice) as Record<string, Numbers>;
  for (const [role, limits] of Object.entries(roles)) {
    const { hourly = GATEWAY_DEFAULTS.rate.hourly, burst = GATEWAY_DEFAULTS.rate.burst } = limits;
    if (hourly <= 0 && hourly !== -1) reportKey(`${role}.hourly`, 'must be positive, or -1 for no limit');
    if (burst <= 0) reportKey(`${role}.burst`, 'must be positive');
  }
}

function poolsFit(pools: Numbers, reportKey: ReportKey): void {
  const { pg_pool_min_size: min, pg_pool_max_size: max } = pools;
  for (const key of ['pg_pool_min_size', 'pg_pool_max_size']) if (pools[key]! < 0) reportKey(key, 'must not be negative');
  for (const key of ['redis_max_connections', 'pg_max_connections']) if (pools[key]! <= 0) reportKey(key, 'must be positive');
  if (min !== undefined && max !== undefined && max < min)
    reportKey('pg_pool_max_size', `must be at least pg_pool_min_size (${min})`);
}

/** Settings that the platform accepts with a warning, or that do not do what they seem to. */
export const gatewayIsPlausible: EnvironmentRule = ({ written, doc }, _, note) => {
  const { gateway } = written;
  if (!gateway) return;
  for (const slice of SLICES) {
    const capacity = numbersOf(gateway, 'service_capacity', slice, GATEWAY_DEFAULTS.service_capacity);
    const {
      processes_per_instance: processes,
      concurrent_requests_per_process: each,
      avg_processing_time_seconds: seconds,
    } = capacity;
    const throughput = (3600 / seconds!) * each! * processes!;
    for (const role of ['anonymous', 'registered'] as const) {
      const hourly = (sliceOf(gateway, 'rate_limits', slice) as Record<string, Numbers>)[role]?.hourly;
      if (hourly !== undefined && hourly > throughput)
        warn(
          note,
          `${slice} allows ${role} users ${hourly} requests per hour, but one replica handles at most ${Math.round(throughput)}.`,
          place(doc, 'rate_limits', slice, `${role}.hourly`),
        );
    }
    const { capacity_buffer: buffer } = numbersOf(gateway, 'backpressure', slice, GATEWAY_DEFAULTS.backpressure);
    const left = Math.trunc(processes! * each! * (1 - buffer!));
    if (left < each!)
      warn(
        note,
        `capacity_buffer leaves ${slice} ${left} concurrent requests, fewer than one process handles (${each}).`,
        place(doc, 'backpressure', slice, 'capacity_buffer'),
      );
    if (processes! > 16)
      warn(
        note,
        `${slice} has ${processes} processes in one replica: few machines have that many processors.`,
        place(doc, 'service_capacity', slice, 'processes_per_instance'),
      );
  }
  rolesHaveLimits(written.gateway!, doc, note);
};

/** If only some roles have limits, the platform gives the others those of registered users. */
function rolesHaveLimits(gateway: WrittenGateway, doc: EnvironmentRuleInput['doc'], note: EnvironmentReport): void {
  for (const slice of SLICES) {
    const roles = Object.keys(sliceOf(gateway, 'rate_limits', slice));
    const missing = roles.length === 0 ? [] : ROLES.filter((role) => !roles.includes(role));
    if (missing.length > 0)
      warn(
        note,
        `rate_limits of ${slice} has no limits for ${missing.join(', ')}: they get those of registered users.`,
        place(doc, 'rate_limits', slice),
      );
  }
}

function warn(note: EnvironmentReport, message: string, path: DocumentPath): void {
  note({ code: 'gateway-warning', message }, path);
}

function numbersOf(gateway: WrittenGateway, section: SlicedSection, slice: Slice, defaults: Numbers): Numbers {
  const values = Object.entries(sliceOf(gateway, section, slice)).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  );
  return { ...defaults, ...Object.fromEntries(values) };
}

/** The path of a key of a slice: in the slice if it is written there, else in the section. */
function place(doc: EnvironmentRuleInput['doc'], section: SlicedSection, slice: Slice, key = ''): DocumentPath {
  const keys = key === '' ? [] : key.split('.');
  const inSlice = ['gateway', section, slice, ...keys];
  return isWritten(doc, inSlice) ? inSlice : ['gateway', section, ...keys];
}

function isWritten(doc: EnvironmentRuleInput['doc'], path: DocumentPath): boolean {
  return (
    path.reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key as string], doc.value) !== undefined
  );
}
