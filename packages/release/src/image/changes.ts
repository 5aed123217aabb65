import { printable } from '../problem/problem';
import { BUNDLES_LABEL, labelEntries } from './bundles-label';
import { FRONTEND_LABEL, type ImagePlan } from './image';

/** The labels of an image. */
export type Labels = Readonly<Record<string, string>>;

/** The differences between an image and the previous one: a phrase for each change, computed from the labels of the previous image. Invalid labels are ignored. */
export function listChanges(before: Labels | undefined, plan: Pick<ImagePlan, 'key' | 'labels' | 'platformRef'>): string[] {
  if (before === undefined) return ['no previous image'];
  if (before['io.kdcube.content-key'] === undefined) return ['the previous image was not built by this plugin'];
  if (before['io.kdcube.content-key'] === plan.key) return [];
  const why = [
    ...bundlesChanged(bundlesOf(before), bundlesOf(plan.labels)),
    ...(before[FRONTEND_LABEL] === plan.labels[FRONTEND_LABEL] ? [] : ['frontend changed']),
    ...platformChanged(before['io.kdcube.platform-ref'], plan.platformRef),
  ];
  const [base, now] = [before, plan.labels].map((labels) => labels['org.opencontainers.image.base.digest']);
  // A new platform implies a new base image.
  if (base !== now && before['io.kdcube.platform-ref'] === plan.platformRef) why.push('base image changed');
  return why.length > 0 ? why : ['Dockerfile, files or build arguments changed'];
}

function bundlesChanged(before: Map<string, string>, now: Map<string, string>): string[] {
  const changed = [...now].filter(([id, content]) => before.has(id) && before.get(id) !== content).map(([id]) => id);
  const added = [...now.keys()].filter((id) => !before.has(id));
  const removed = [...before.keys()].filter((id) => !now.has(id));
  return [
    ...(changed.length > 0 ? [`${listed(changed)} changed`] : []),
    ...(added.length > 0 ? [`${listed(added)} added`] : []),
    ...(removed.length > 0 ? [`${listed(removed)} removed`] : []),
  ];
}

function platformChanged(before: string | undefined, now: string | undefined): string[] {
  return before === now ? [] : [`platform ${before === undefined ? 'unknown' : printableName(before)} → ${now ?? 'none'}`];
}

function bundlesOf(labels: Labels): Map<string, string> {
  return new Map(labelEntries(labels[BUNDLES_LABEL])?.map(({ id, entry }) => [id, JSON.stringify(entry)]));
}

/** The first three names, and the number of the others. */
function listed(ids: readonly string[]): string {
  const shown = ids.slice(0, 3).map(printableName).join(', ');
  return ids.length > 3 ? `${shown} and ${ids.length - 3} more` : shown;
}

/** Escapes a label's text: it comes from a registry, and is printed to a terminal and into a receipt. */
function printableName(text: string): string {
  return printable(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}
