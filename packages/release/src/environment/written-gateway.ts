import * as z from 'zod';

/**
 * The gateway in an environment file: only the keys that the platform reads (it silently ignores all others). Its sections can be flat, or
 * have slices for ingress and proc. The platform ignores the flat keys of a section with slices; here, both slices inherit them.
 */
const whole = () => z.int();
const share = () => z.number();

const capacity = {
  processes_per_instance: whole().optional().describe('Worker processes of one replica. Default: 1.'),
  concurrent_requests_per_process: whole().optional().describe('Default: 5.'),
  avg_processing_time_seconds: z.number().optional().describe('Default: 25.'),
};

const backpressure = {
  capacity_buffer: share().optional().describe('Between 0 and 1. Default: 0.2.'),
  queue_depth_multiplier: z.number().optional().describe('Default: 2.'),
  anonymous_pressure_threshold: share().optional().describe('Default: 0.6. Below the registered one.'),
  registered_pressure_threshold: share().optional().describe('Default: 0.8. At most the paid one.'),
  paid_pressure_threshold: share().optional().describe('Default: 0.8. Below the hard limit.'),
  hard_limit_threshold: share().optional().describe('Default: 0.95.'),
  capacity_source_component: z.enum(['proc', 'ingress']).optional().describe('Whose capacity counts. Default: proc.'),
};

const role = () =>
  z
    .strictObject({
      hourly: whole().optional().describe('Requests an hour, or -1 for no limit. Default: 50.'),
      burst: whole().optional().describe('Requests at once. Default: 5.'),
      burst_window: whole().optional().describe('Seconds. Default: 60.'),
    })
    .optional()
    .describe('The limits of this role.');
const roles = () => ({ anonymous: role(), registered: role(), paid: role(), privileged: role() });

const pools = {
  pg_pool_min_size: whole().optional().describe('Postgres connections that a process keeps.'),
  pg_pool_max_size: whole().optional().describe('Postgres connections that a process may have.'),
  redis_max_connections: whole().optional().describe('Redis connections that a process may have.'),
  pg_max_connections: whole().optional().describe('What the database allows in all.'),
};

const limits = {
  max_sse_connections_per_instance: whole().optional().describe('Open streams of one worker.'),
  max_integrations_ops_concurrency: whole().optional().describe('Operations of one process at once.'),
  max_queue_size: whole().optional().describe('0: no limit.'),
};

/** A section that can be flat, sliced, or both. `slice` creates a new schema for each, so that the printed schema has no references. */
function sliced<T extends z.ZodRawShape>(slice: () => T, description: string) {
  const part = (name: string) => z.strictObject(slice()).optional().describe(`What holds for ${name} only.`);
  return z
    .strictObject({ ...slice(), ingress: part('ingress'), proc: part('proc') })
    .optional()
    .describe(description);
}

const patterns = (description: string) => {
  const list = (name: string) => z.array(z.string().min(1)).optional().describe(`Regular expressions of ${name}’s paths.`);
  return z
    .strictObject({ ingress: list('ingress'), proc: list('proc') })
    .optional()
    .describe(description);
};

const breaker = (name: string) => ({
  [`${name}_failure_threshold`]: whole().optional().describe('Failures that open it.'),
  [`${name}_recovery_timeout`]: whole().optional().describe('Seconds until it is tried again.'),
  [`${name}_success_threshold`]: whole().optional().describe('Successes that close it.'),
  [`${name}_window_size`]: whole().optional().describe('Seconds that failures count.'),
  [`${name}_half_open_max_calls`]: whole().optional().describe('Calls let through to try.'),
});

const seconds = (fallback: number) => whole().optional().describe(`Seconds. Default: ${fallback}.`);

const publishing = () => {
  const count = () => whole().optional().describe('A count, or -1 for no limit.');
  return z
    .strictObject({
      enabled: z.boolean().optional().describe('Whether these limits hold.'),
      packages_per_minute: count(),
      messages_per_minute: count(),
      bytes_per_minute: count(),
      max_messages_per_package: count(),
      max_package_bytes: count(),
      window_seconds: whole().optional().describe('Seconds. Default: 60.'),
    })
    .optional()
    .describe('The limits of this role.');
};
const publishers = () => ({ anonymous: publishing(), registered: publishing(), paid: publishing(), privileged: publishing() });

export const WrittenGateway = z
  .strictObject({
    profile: z.enum(['development', 'testing', 'production', 'load_test']).optional().describe('Default: development.'),
    service_capacity: sliced(() => capacity, 'How much one replica can do.'),
    backpressure: sliced(() => backpressure, 'When requests are turned away.'),
    rate_limits: sliced(roles, 'How often each role may ask.'),
    pools: sliced(() => pools, 'Connections to Postgres and Redis, of each process.'),
    limits: sliced(() => limits, 'Limits of one replica.'),
    guarded_rest_patterns: patterns('Paths whose requests are counted. Default: the platform’s own.'),
    bypass_throttling_patterns: patterns('Paths that are never throttled. Platforms since 2026-04-19.'),
    redis: z
      .strictObject({
        rate_limit_key_ttl: seconds(3600),
        session_ttl: seconds(86400),
        analytics_ttl: seconds(86400),
        circuit_breaker_stats_ttl: seconds(3600),
        heartbeat_ttl: seconds(30),
        sse_stats_ttl_seconds: seconds(60),
        sse_stats_max_age_seconds: seconds(120),
      })
      .optional()
      .describe('How long things are kept in Redis.'),
    circuit_breakers: z
      .strictObject({ ...breaker('auth'), ...breaker('rate_limit'), ...breaker('backpressure') })
      .optional()
      .describe('When a failing part of the gateway is passed over.'),
    monitoring: z
      .strictObject({
        throttling_events_retention_hours: whole().optional().describe('Default: 24.'),
        session_analytics_enabled: z.boolean().optional().describe('Default: true.'),
        circuit_breaker_stats_retention_hours: whole().optional().describe('Default: 24.'),
        queue_analytics_enabled: z.boolean().optional().describe('Default: true.'),
        heartbeat_timeout_seconds: seconds(45),
        instance_cache_ttl_seconds: seconds(10),
      })
      .optional()
      .describe('What the gateway writes down.'),
    data_bus: z
      .strictObject({
        ingress: z
          .strictObject({
            publish_limits: z.strictObject(publishers()).optional().describe('How much each role may publish.'),
          })
          .optional()
          .describe('The data bus of ingress.'),
      })
      .optional()
      .describe('Limits of the data bus. Platforms since 2026-04-19.'),
  })
  .describe('The one GATEWAY_CONFIG_JSON, of ingress, proc and metrics alike. Tenant and project are those of the environment.');

export type WrittenGateway = z.infer<typeof WrittenGateway>;
