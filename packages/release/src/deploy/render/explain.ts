import type { BundleChange, DeployPlan, ServiceStep } from '../deploy-plan';
import { isEmptyPlan, nothingChanges } from '../deploy-plan';
import type { ServiceValues } from '../deploy-plan';
import { printable } from '../../problem/problem';
import { countedTasks, imageWord, shortDefinition } from '../labels';
import { expectedSeconds } from '../waves';
import { cut, wrapped } from '../wrap';

/** What a person reads before anything moves: a plan of 50 bundles and 8 services fits on one screen, because what stays is only counted. */
export function explainPlan(plan: DeployPlan, values?: ServiceValues): string[] {
  const { environment, release, account, region, cluster } = plan;
  const isEmpty = isEmptyPlan(plan);
  const head = [
    `${environment} ← ${release}    ${account} ${region} ${cluster}`,
    '',
    ...(isEmpty ? [nothingChanges(plan)] : []),
    ...bundleLines(plan),
    ...serviceLines(plan),
  ];
  const foot = [
    ...plan.notes.map((note) => `note       ${note}`),
    ...(isEmpty ? [] : [`expected   about ${minutes(expectedSeconds(plan))}, if all goes well`]),
  ];
  const fit = (lines: string[]) => lines.map(printable).flatMap(wrapped);
  // A value is shown as it is, however long.
  return [...fit(head), ...(values ? valueLines(plan, values).map(printable) : []), ...fit(foot)];
}

/** `1 changed, 2 added, 47 stay` */
export function countedBundles(bundles: readonly BundleChange[]): string {
  const words = { changed: 'changed', added: 'added', removed: 'removed', same: 'stay' } as const;
  return (Object.keys(words) as (keyof typeof words)[])
    .map((change) => [bundles.filter((bundle) => bundle.change === change).length, words[change]] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(', ');
}

const SIGNS = { added: '+', changed: '~', removed: '-', same: '=' } as const;
/** More are named by their number: the whole list is in the Markdown and in the file. */
const SHOWN = 12;

function bundleLines({ bundles }: DeployPlan): string[] {
  const changed = bundles.filter(({ change }) => change !== 'same');
  const retagged = bundles.filter(isRetagged);
  const rows = changed
    .slice(0, SHOWN)
    .map((bundle) => [`${SIGNS[bundle.change]} ${bundle.id}`, versions(bundle), bundle.subject ?? '']);
  return [
    `bundles    ${countedBundles(bundles) || 'none'}`,
    // Of a commit’s subject only what fits: one line a bundle.
    ...columns(rows).map((line) => cut(printable(line))),
    ...(changed.length > SHOWN ? [`           and ${changed.length - SHOWN} more`] : []),
    ...retagged.slice(0, 3).map(({ id, before, after }) => `           ${id}: ${after!.ref}, same content as ${before!.ref}`),
  ];
}

/** The same tree under another ref: nothing restarts, and the registered descriptor stays. */
export function isRetagged({ change, before, after }: BundleChange): boolean {
  return change === 'same' && before?.ref !== undefined && after?.ref !== undefined && before.ref !== after.ref;
}

/** `v2.0.1 1a2b3c4 → v2.0.2 5d6e7f8` */
export function versions({ change, before, after }: BundleChange): string {
  const word = (bundle: BundleChange['before']) =>
    bundle ? [bundle.ref, (bundle.commit ?? bundle.tree).slice(0, 7)].filter(Boolean).join(' ') : 'unknown';
  if (change === 'added') return word(after);
  if (change === 'removed') return before ? `was ${word(before)}` : '';
  return `${word(before)} → ${word(after)}`;
}

function serviceLines(plan: DeployPlan): string[] {
  const { services, waves, exec } = plan;
  const restarting = waves.flatMap(({ services: names }) => names);
  const staying = services.filter(({ service }) => !restarting.includes(service)).map(({ service }) => service);
  const waved = waves.flatMap(({ services: names }, index) => {
    const rows = names.map((name) => {
      const step = services.find(({ service }) => service === name)!;
      return [name, whatOf(step), images(step), step.why.join('; ')];
    });
    return columns(rows).map((line, row) => (row === 0 ? `  wave ${index + 1}${line.slice(8)}` : line));
  });
  return [
    `services   ${restarting.length} of ${services.length} restart`,
    ...(exec?.change === 'update' ? [`  before   exec   ${execWords(exec)}`] : []),
    ...waved,
    ...(staying.length > 0 ? [`  stay     ${staying.join(', ')}`] : []),
  ];
}

export function execWords(exec: NonNullable<DeployPlan['exec']>): string {
  const { use, changes } = exec.definition;
  return use
    ? shortDefinition(use)
    : `its task definition is registered anew${changes.length > 0 ? `: ${changes.slice(0, 3).join(', ')}` : ''}`;
}

function whatOf({ kind, count }: ServiceStep): string {
  if (kind === 'task') return 'runs once';
  return countedTasks(count.after);
}

export function images({ image }: Pick<ServiceStep, 'image'>): string {
  const [before, after] = [imageWord(image.before), imageWord(image.after)];
  return image.before === image.after ? `image ${after}` : `image ${image.before === undefined ? '' : `${before} → `}${after}`;
}

function valueLines({ services }: DeployPlan, values: ServiceValues): string[] {
  return services.flatMap(({ service }) => {
    const own = values.get(service);
    if (!own || own.size === 0) return [];
    return [
      `values     ${service}`,
      ...[...own].flatMap(([name, { before, after, hidden }]) =>
        hidden
          ? [`  ${name}: not shown, it looks like a secret`]
          : [
              `  ${name}`,
              ...(before === undefined ? [] : [`    - ${before}`]),
              ...(after === undefined ? [] : [`    + ${after}`]),
            ],
      ),
    ];
  });
}

/** Rows in columns, under the words of the first column; the last may be as long as it is. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => [...row[column]!].length)));
  return rows.map((row) =>
    `           ${row.map((cell, column) => cell + ' '.repeat(Math.max(0, widths[column]! - [...cell].length))).join('   ')}`.trimEnd(),
  );
}

export function minutes(seconds: number): string {
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
