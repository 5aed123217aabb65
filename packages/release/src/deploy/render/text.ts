import type { BundleChange, PlannedService, ReadablePlan, ServiceValues } from '../deploy-plan';
import { emptyPlanMessage, isEmptyPlan, planPlace, uncommittedMessage } from '../deploy-plan';
import { printable } from '../../problem/problem';
import { formatTaskCount, shortImage, familyRevision } from '../short-names';
import { estimateSeconds } from '../waves';
import { truncateLine, wrapLine } from './wrap-line';

/** The plan as lines for a terminal. 50 bundles and 8 services fit on one screen, because unchanged ones are only counted. */
export function renderPlanText(plan: ReadablePlan, values?: ServiceValues): string[] {
  const { environment, release } = plan;
  const isEmpty = isEmptyPlan(plan);
  const head = [
    `${environment} ← ${release}    ${planPlace(plan)}`,
    '',
    ...(isEmpty ? [emptyPlanMessage(plan)] : []),
    ...renderBundles(plan),
    ...renderServices(plan),
  ];
  const uncommitted = uncommittedMessage(plan);
  const foot = [
    ...(uncommitted === undefined ? [] : [`warning    ${uncommitted}`]),
    ...plan.notes.map((note) => `note       ${note}`),
    ...(isEmpty ? [] : [`expected   about ${formatDuration(estimateSeconds(plan))}, if nothing fails`]),
  ];
  const fit = (lines: string[]) => lines.map(printable).flatMap(wrapLine);
  // Values are not wrapped: people copy them.
  return [...fit(head), ...(values ? renderValues(plan, values).map(printable) : []), ...fit(foot)];
}

/** `1 changed, 2 added, 47 unchanged` */
export function summarizeBundles(bundles: readonly BundleChange[]): string {
  return (['changed', 'added', 'removed', 'unchanged'] as const)
    .map((change) => [bundles.filter((bundle) => bundle.change === change).length, change] as const)
    .filter(([count]) => count > 0)
    .map(([count, change]) => `${count} ${change}`)
    .join(', ');
}

const SIGNS = { added: '+', changed: '~', removed: '-', unchanged: '=' } as const;
/** Further bundles are counted: the Markdown and the plan file have the whole list. */
const MAX_BUNDLE_LINES = 12;

function renderBundles({ bundles }: ReadablePlan): string[] {
  const changed = bundles.filter(({ change }) => change !== 'unchanged');
  const retagged = bundles.filter(isRetagged);
  const rows = changed
    .slice(0, MAX_BUNDLE_LINES)
    .map((bundle) => [`${SIGNS[bundle.change]} ${bundle.id}`, describeVersions(bundle), bundle.subject ?? '']);
  return [
    `bundles    ${summarizeBundles(bundles) || 'none'}`,
    // A commit subject is cut, so that a bundle takes one line.
    ...alignColumns(rows).map((line) => truncateLine(printable(line))),
    ...(changed.length > MAX_BUNDLE_LINES ? [`           and ${changed.length - MAX_BUNDLE_LINES} more`] : []),
    ...retagged.slice(0, 3).map(({ id, before, after }) => `           ${id}: ${after!.ref}, same content as ${before!.ref}`),
  ];
}

/** The same tree under another ref: no service restarts, and the registered descriptor is used again. */
export function isRetagged({ change, before, after }: BundleChange): boolean {
  return change === 'unchanged' && before?.ref !== undefined && after?.ref !== undefined && before.ref !== after.ref;
}

/** `v2.0.1 1a2b3c4 → v2.0.2 5d6e7f8` */
export function describeVersions({ change, before, after }: BundleChange): string {
  const version = (bundle: BundleChange['before']) =>
    bundle ? [bundle.ref, (bundle.commit ?? bundle.tree).slice(0, 7)].filter(Boolean).join(' ') : 'unknown';
  if (change === 'added') return version(after);
  if (change === 'removed') return before ? `was ${version(before)}` : '';
  return `${version(before)} → ${version(after)}`;
}

function renderServices(plan: ReadablePlan): string[] {
  const { services, waves, exec } = plan;
  const restarting = waves.flatMap(({ services: names }) => names);
  const staying = services.filter(({ service }) => !restarting.includes(service)).map(({ service }) => service);
  const waveLines = waves.flatMap(({ services: names }, index) => {
    const rows = names.map((name) => {
      const step = services.find(({ service }) => service === name)!;
      return [name, describeTasks(step, plan), describeImage(step), step.reasons.join('; ')];
    });
    return alignColumns(rows).map((line, row) => (row === 0 ? `  wave ${index + 1}${line.slice(8)}` : line));
  });
  return [
    `services   ${restarting.length} of ${services.length} restart`,
    ...(exec?.change === 'update' ? [`  before   exec   ${describeExec(exec)}`] : []),
    ...waveLines,
    ...(staying.length > 0 ? [`  stay     ${staying.join(', ')}`] : []),
  ];
}

export function describeExec(exec: NonNullable<ReadablePlan['exec']>): string {
  if (!exec.taskDefinition) return `image ${shortImage(exec.image)}`;
  const { reuse, changes } = exec.taskDefinition;
  return reuse
    ? familyRevision(reuse)
    : `its task definition gets a new revision${changes.length > 0 ? `: ${changes.slice(0, 3).join(', ')}` : ''}`;
}

function describeTasks({ kind, desiredCount }: PlannedService, { host }: ReadablePlan): string {
  if (kind === 'task') return 'runs once';
  if (host === undefined) return formatTaskCount(desiredCount.after);
  return desiredCount.after === 1 ? '1 container' : `${desiredCount.after} containers`;
}

export function describeImage({ image }: Pick<PlannedService, 'image'>): string {
  const [before, after] = [shortImage(image.before), shortImage(image.after)];
  return image.before === image.after ? `image ${after}` : `image ${image.before === undefined ? '' : `${before} → `}${after}`;
}

function renderValues({ services }: ReadablePlan, values: ServiceValues): string[] {
  return services.flatMap(({ service }) => {
    const variables = values.get(service);
    if (!variables || variables.size === 0) return [];
    return [
      `values     ${service}`,
      ...[...variables].flatMap(([name, { before, after, hidden }]) =>
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

/** Rows as aligned columns, indented under the first column of the plan; the last column is not padded. */
function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => [...row[column]!].length)));
  return rows.map((row) =>
    `           ${row.map((cell, column) => cell + ' '.repeat(Math.max(0, widths[column]! - [...cell].length))).join('   ')}`.trimEnd(),
  );
}

export function formatDuration(seconds: number): string {
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
