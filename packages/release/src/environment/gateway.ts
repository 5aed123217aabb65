import type { WrittenGateway } from './written-gateway';

/** The sections that can have slices for ingress and proc. */
export const SLICED = ['service_capacity', 'backpressure', 'rate_limits', 'pools', 'limits'] as const;
export type SlicedSection = (typeof SLICED)[number];

type Values = Record<string, unknown>;

export const SLICES = ['ingress', 'proc'] as const;
export type Slice = (typeof SLICES)[number];

/**
 * The settings of a section for one component: the flat keys, overridden by its own slice. The platform ignores the flat keys as soon as
 * there is a slice, and a component without a slice gets the other one's; so the rendered section is either flat, or has both slices in
 * full.
 */
export function sliceOf(gateway: WrittenGateway, section: SlicedSection, slice: Slice): Values {
  const { ingress, proc, ...flat } = (gateway[section] ?? {}) as Values & { ingress?: Values; proc?: Values };
  const own = (slice === 'ingress' ? ingress : proc) ?? {};
  if (section !== 'rate_limits') return { ...flat, ...own };
  // The roles of a slice override the flat ones key by key, like all other settings.
  const roles = new Set([...Object.keys(flat), ...Object.keys(own)]);
  return Object.fromEntries([...roles].map((role) => [role, { ...(flat[role] as Values), ...(own[role] as Values) }]));
}

export function hasSlices(gateway: WrittenGateway, section: SlicedSection): boolean {
  const { ingress, proc } = (gateway[section] ?? {}) as { ingress?: Values; proc?: Values };
  return ingress !== undefined || proc !== undefined;
}

/** The platform's own defaults. */
export const GATEWAY_DEFAULTS = {
  service_capacity: { processes_per_instance: 1, concurrent_requests_per_process: 5, avg_processing_time_seconds: 25 },
  backpressure: {
    capacity_buffer: 0.2,
    queue_depth_multiplier: 2,
    anonymous_pressure_threshold: 0.6,
    registered_pressure_threshold: 0.8,
    paid_pressure_threshold: 0.8,
    hard_limit_threshold: 0.95,
  },
  rate: { hourly: 50, burst: 5, burst_window: 60 },
  rate_limits: {
    anonymous: { hourly: 120, burst: 10 },
    registered: { hourly: 600, burst: 30 },
    paid: { hourly: 2000, burst: 60 },
    privileged: { hourly: -1, burst: 200 },
  },
} as const;

export const ROLES = ['anonymous', 'registered', 'paid', 'privileged'] as const;
