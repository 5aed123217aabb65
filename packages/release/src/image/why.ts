import { printable } from '../problem/problem';
import { BUNDLES_LABEL, labelEntries } from './bundles-label';
import type { ImagePlan } from './image';

/** The labels of an image. */
export type Labels = Readonly<Record<string, string>>;

/**
 * Why an image is another one than the one before it, from the labels of that one: a phrase for each thing that changed. Labels are read as far as they make sense: an image of somebody else's, or
 * of an older plugin, is only "another image".
 */
export function whyBuilt(before: Labels | undefined, plan: Pick<ImagePlan, 'key' | 'labels' | 'platformRef'>): string[] {
  if (before === undefined) return ['the first one here'];
  if (before['io.kdcube.content-key'] === undefined) return ['the one before was not made by this plugin'];
  if (before['io.kdcube.content-key'] === plan.key) return [];
  const why = [
    ...bundlesChanged(bundlesOf(before), bundlesOf(plan.labels)),
    ...platformChanged(before['io.kdcube.platform-ref'], plan.platformRef),
  ];
  const [base, now] = [before, plan.labels].map((labels) => labels['org.opencontainers.image.base.digest']);
  // A new platform has a new base: one reason, not two.
  if (base !== now && before['io.kdcube.platform-ref'] === plan.platformRef) why.push('its base changed');
  return why.length > 0 ? why : ['its Dockerfile, its own files or its arguments changed'];
}

function bundlesChanged(before: Map<string, string>, now: Map<string, string>): string[] {
  const changed = [...now].filter(([id, content]) => before.has(id) && before.get(id) !== content).map(([id]) => id);
  const added = [...now.keys()].filter((id) => !before.has(id));
  const removed = [...before.keys()].filter((id) => !now.has(id));
  return [
    ...(changed.length > 0 ? [`${listed(changed)} changed`] : []),
    ...(added.length > 0 ? [`${listed(added)} came`] : []),
    ...(removed.length > 0 ? [`${listed(removed)} went`] : []),
  ];
}

function platformChanged(before: string | undefined, now: string | undefined): string[] {
  return before === now ? [] : [`platform ${before === undefined ? 'unknown' : word(before)} → ${now ?? 'none'}`];
}

function bundlesOf(labels: Labels): Map<string, string> {
  return new Map(labelEntries(labels[BUNDLES_LABEL])?.map(({ id, entry }) => [id, JSON.stringify(entry)]));
}

/** The first names, and the number of further ones. */
function listed(ids: readonly string[]): string {
  const shown = ids.slice(0, 3).map(word).join(', ');
  return ids.length > 3 ? `${shown} and ${ids.length - 3} more` : shown;
}

/** Labels come from a registry, and this text goes to a terminal and into a receipt. */
function word(text: string): string {
  return printable(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}
