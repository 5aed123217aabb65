import type { Problem } from '../problem/problem';
import { GENERATIONS } from '../platform/generation';
import type { Generation } from '../platform/generation';
import type { Environment } from '../environment/environment';
import { hasSlices, sliceOf, SLICED, SLICES } from '../environment/gateway';
import type { WrittenGateway } from '../environment/written-gateway';
import { oneLine } from '../descriptor/descriptor';

export interface GatewayPlan {
  /** The configuration, as data. */
  gateway: Record<string, unknown>;
  /** GATEWAY_CONFIG_JSON: one text for ingress, proc and metrics. */
  text: string;
  notes: Problem[];
}

/** Sections that only platforms with bundles.yaml read; earlier ones ignore them silently. */
const LATER = ['bypass_throttling_patterns', 'data_bus'] as const;

/** The gateway configuration of an environment. Keys are sorted: reordering the file changes no text, so no service restarts without a reason. */
export function renderGateway({ tenant, project, gateway }: Environment, generation: Generation): GatewayPlan {
  const today = GENERATIONS[generation].descriptor === 'bundles-yaml';
  const rendered = defined({
    tenant,
    project,
    profile: gateway.profile,
    guarded_rest_patterns: today ? bothSlices(gateway.guarded_rest_patterns) : oneList(gateway.guarded_rest_patterns),
    bypass_throttling_patterns: today ? bothSlices(gateway.bypass_throttling_patterns) : undefined,
    ...Object.fromEntries(SLICED.map((section) => [section, sectionOf(gateway, section)])),
    redis: gateway.redis && sorted(gateway.redis),
    circuit_breakers: gateway.circuit_breakers && sorted(gateway.circuit_breakers),
    monitoring: gateway.monitoring && sorted(gateway.monitoring),
    data_bus: today ? sorted(gateway.data_bus) : undefined,
  });
  const unread = today ? [] : LATER.filter((key) => gateway[key] !== undefined);
  const notes = unread.map((key): Problem => {
    const message = `gateway.${key} was left out: only platforms since 2026-04-19 read it, and this release runs on an earlier one.`;
    return { code: 'ignored-key', message };
  });
  return { gateway: rendered, text: oneLine(rendered), notes };
}

/** Flat, or both slices in full: a component without a slice would get the other one's, and the platform ignores keys next to slices. */
function sectionOf(gateway: WrittenGateway, section: (typeof SLICED)[number]): unknown {
  if (gateway[section] === undefined) return undefined;
  if (!hasSlices(gateway, section)) return sorted(sliceOf(gateway, section, 'ingress'));
  return Object.fromEntries(SLICES.map((slice) => [slice, sorted(sliceOf(gateway, section, slice))]));
}

/** Early platforms have one list for all. Each component only sees its own paths, so the two lists can be merged. */
function oneList(patterns: WrittenGateway['guarded_rest_patterns']): string[] | undefined {
  return patterns && [...new Set([...(patterns.ingress ?? []), ...(patterns.proc ?? [])])];
}

/** An empty list is the platform's own default; a missing slice would be the other one's. */
function bothSlices(patterns: WrittenGateway['guarded_rest_patterns']): unknown {
  return patterns && { ingress: patterns.ingress ?? [], proc: patterns.proc ?? [] };
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sorted((value as Record<string, unknown>)[key])]));
}

function defined(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));
}
