import { printable } from '../../problem/problem';
import type { BundleChange, ReadablePlan } from '../deploy-plan';
import { emptyPlanMessage, isEmptyPlan, planPlace, uncommittedMessage } from '../deploy-plan';
import { estimateSeconds } from '../waves';
import { describeExec, describeImage, describeVersions, formatDuration, isRetagged, summarizeBundles } from './text';

/** The plan as a comment on a pull request. Names and commit subjects are escaped: they create no markup and no mentions. */
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
    bundleTable(plan.bundles.filter(({ change }) => change !== 'unchanged')),
    retaggedLines(plan.bundles.filter(isRetagged)),
    restarting.length === 0 ? '' : waveTable(plan),
    plan.exec?.change === 'update'
      ? `The exec ${plan.host === undefined ? 'task' : 'container'}: ${escapeMarkdown(describeExec(plan.exec))}.`
      : '',
    unchanged.length > 0 && restarting.length > 0
      ? `No restart: ${unchanged.map(({ service }) => codeSpan(service)).join(', ')}.`
      : '',
    ...plan.notes.map((note) => `> ${escapeMarkdown(note)}`),
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
    escapeMarkdown(describeVersions(bundle)),
    escapeMarkdown(bundle.subject ?? ''),
  ]);
  return table(['bundle', '', 'version', 'subject'], rows);
}

function retaggedLines(bundles: readonly BundleChange[]): string {
  return bundles
    .map(({ id, before, after }) => `${codeSpan(id)}: ${codeSpan(after!.ref!)} has the content of ${codeSpan(before!.ref!)}.`)
    .join('  \n');
}

function waveTable({ waves, services, host }: ReadablePlan): string {
  const rows = waves.flatMap(({ services: names }, index) =>
    names.map((name) => {
      const step = services.find(({ service }) => service === name)!;
      return [
        String(index + 1),
        codeSpan(name),
        step.kind === 'task' ? 'runs once' : String(step.desiredCount.after),
        escapeMarkdown(describeImage(step).replace(/^image /, '')),
        escapeMarkdown(step.reasons.join('; ')),
      ];
    }),
  );
  return table(['wave', 'service', host === undefined ? 'tasks' : 'containers', 'image', 'why'], rows);
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
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
