import { printable } from '../../problem/problem';
import type { BundleChange, ReadablePlan } from '../deploy-plan';
import { emptyPlanMessage, isEmptyPlan, planPlace, uncommittedMessage } from '../deploy-plan';
import { estimateSeconds } from '../waves';
import { describeExec, describeImage, describeVersions, formatDuration, isRetagged, summarizeBundles } from './text';

/**
 * A comment on GitHub has at most 65,536 characters. Rows of a table, notes and names that do not fit are counted instead, and each cell is cut.
 * Source: https://docs.github.com/en/rest/issues/comments
 */
const MAX_TABLE = 15_000;
const MAX_CELL = 400;
const MAX_NOTES = 10;
const MAX_NAMES = 50;

/** The plan as a comment on a pull request: removed bundles first, under 65,536 characters. Names and commit subjects are escaped: they create no markup and no mentions. */
export function renderPlanMarkdown(plan: ReadablePlan): string {
  const restarting = plan.waves.flatMap(({ services }) => services);
  const unchanged = plan.services.filter(({ service }) => !restarting.includes(service));
  const summary = isEmptyPlan(plan)
    ? emptyPlanMessage(plan)
    : `**${restarting.length} of ${plan.services.length} services restart**, about ${formatDuration(estimateSeconds(plan))}. Bundles: ${summarizeBundles(plan.bundles) || 'none'}.`;
  const sections = [
    `### ${codeSpan(plan.environment)} ← ${codeSpan(plan.release)}`,
    summary,
    escapeMarkdown(uncommittedMessage(plan) ?? ''),
    bundleTable(removedFirst(plan.bundles.filter(({ change }) => change !== 'unchanged'))),
    ...listed(plan.bundles.filter(isRetagged).map(retaggedLine), MAX_NOTES, '  \n'),
    restarting.length === 0 ? '' : waveTable(plan),
    plan.exec?.change === 'update'
      ? `The exec ${plan.host === undefined ? 'task' : 'container'}: ${escapeMarkdown(describeExec(plan.exec))}.`
      : '',
    unchanged.length > 0 && restarting.length > 0
      ? `No restart: ${listed(
          unchanged.map(({ service }) => codeSpan(service)),
          MAX_NAMES,
          ', ',
        ).join('')}.`
      : '',
    ...listed(
      plan.notes.map((note) => `> ${escapeMarkdown(shortened(note))}`),
      MAX_NOTES,
      '\n\n',
    ),
    `<sub>${escapeMarkdown(describePlace(plan))}</sub>`,
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function describePlace(plan: ReadablePlan): string {
  const { account, region, cluster } = plan;
  return account === undefined ? planPlace(plan) : `account ${account}, ${region}, cluster ${cluster}`;
}

function bundleTable(bundles: readonly BundleChange[]): string {
  if (bundles.length === 0) return '';
  const rows = bundles.map((bundle) => [
    codeSpan(bundle.id),
    bundle.change,
    escapeMarkdown(shortened(describeVersions(bundle))),
    escapeMarkdown(shortened(bundle.subject ?? '')),
  ]);
  return table(['bundle', '', 'version', 'subject'], rows);
}

function retaggedLine({ id, before, after }: BundleChange): string {
  return `${codeSpan(id)}: ${codeSpan(after!.ref!)} has the content of ${codeSpan(before!.ref!)}.`;
}

/** A reader who only sees the beginning must see what goes away. */
function removedFirst(bundles: readonly BundleChange[]): BundleChange[] {
  const isRemoved = ({ change }: BundleChange) => change === 'removed';
  return [...bundles.filter(isRemoved), ...bundles.filter((bundle) => !isRemoved(bundle))];
}

/** The first entries as one section, and the number of the others. */
function listed(entries: readonly string[], most: number, separator: string): string[] {
  if (entries.length === 0) return [];
  const more = entries.length > most ? [`and ${entries.length - most} more`] : [];
  return [[...entries.slice(0, most), ...more].join(separator)];
}

function shortened(text: string): string {
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL)}…` : text;
}

function waveTable({ waves, services, host }: ReadablePlan): string {
  const rows = waves.flatMap(({ services: names }, index) =>
    names.map((name) => {
      const step = services.find(({ service }) => service === name)!;
      return [
        String(index + 1),
        codeSpan(name),
        step.kind === 'task' ? 'runs once' : String(step.desiredCount.after),
        escapeMarkdown(shortened(describeImage(step).replace(/^image /, ''))),
        escapeMarkdown(shortened(step.reasons.join('; '))),
      ];
    }),
  );
  return table(['wave', 'service', host === undefined ? 'tasks' : 'containers', 'image', 'why'], rows);
}

/** The rows that fit, and the number of the others. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const lines = rows.map(line);
  let size = 0;
  const count = lines.findIndex((each) => (size += each.length + 1) > MAX_TABLE);
  const shown = count < 0 ? lines : lines.slice(0, count);
  const more = lines.length - shown.length;
  return [
    line(heads),
    line(heads.map(() => '---')),
    ...shown,
    ...(more > 0 ? ['', `**${more} more ${more === 1 ? 'row is' : 'rows are'} not shown: the plan file has them all.**`] : []),
  ].join('\n');
}

/** Besides Markdown's own characters: an @ or a # before a word would notify people or link issues. */
function escapeMarkdown(text: string): string {
  return printable(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/[\\`*_{}[\]()|~!]/g, (char) => `\\${char}`)
    .replace(/([@#])(?=\w)/g, '$1&#8203;');
}

function codeSpan(text: string): string {
  // Backticks cannot be escaped inside a code span, and a bar would still end the table cell.
  return `\`${printable(text).replace(/`/g, "'").replace(/\|/g, '¦')}\``;
}
