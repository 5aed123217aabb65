import { printable } from '../../problem/problem';
import type { DeployPlan } from '../deploy-plan';
import { isEmptyPlan, nothingChanges } from '../deploy-plan';
import { countedBundles, execWords, images, isRetagged, minutes, versions } from './explain';
import { expectedSeconds } from '../waves';

/** A plan for a pull request. Whatever a name or a subject holds, it makes no markup of its own and mentions nobody. */
export function markdownPlan(plan: DeployPlan): string {
  const restarting = plan.waves.flatMap(({ services }) => services);
  const staying = plan.services.filter(({ service }) => !restarting.includes(service));
  const changed = plan.bundles.filter(({ change }) => change !== 'same');
  const retagged = plan.bundles.filter(isRetagged);
  const head = isEmptyPlan(plan)
    ? nothingChanges(plan)
    : `**${restarting.length} of ${plan.services.length} services restart**, about ${minutes(expectedSeconds(plan))}. Bundles: ${countedBundles(plan.bundles) || 'none'}.`;
  const sections = [
    `### ${code(plan.environment)} ← ${code(plan.release)}`,
    head,
    changed.length === 0
      ? ''
      : table(
          ['bundle', '', 'version', 'subject'],
          changed.map((bundle) => [code(bundle.id), bundle.change, plain(versions(bundle)), plain(bundle.subject ?? '')]),
        ),
    retagged.length === 0
      ? ''
      : retagged
          .map(({ id, before, after }) => `${code(id)}: ${code(after!.ref!)} has the content of ${code(before!.ref!)}.`)
          .join('  \n'),
    restarting.length === 0
      ? ''
      : table(
          ['wave', 'service', 'tasks', 'image', 'why'],
          plan.waves.flatMap(({ services }, index) =>
            services.map((name) => {
              const step = plan.services.find(({ service }) => service === name)!;
              const tasks = step.kind === 'task' ? 'runs once' : String(step.count.after);
              return [
                String(index + 1),
                code(name),
                tasks,
                plain(images(step).replace(/^image /, '')),
                plain(step.why.join('; ')),
              ];
            }),
          ),
        ),
    plan.exec?.change === 'update' ? `Code runs in another task: ${plain(execWords(plan.exec))}.` : '',
    staying.length > 0 && restarting.length > 0 ? `Stay: ${staying.map(({ service }) => code(service)).join(', ')}.` : '',
    ...plan.notes.map((note) => `> ${plain(note)}`),
    `<sub>account ${plain(plan.account)}, ${plain(plan.region)}, cluster ${plain(plan.cluster)}</sub>`,
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Backslashes before what Markdown reads; an @ or a # in front of a word would notify people or link issues. */
function plain(text: string): string {
  return printable(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/[\\`*_{}[\]()|~!]/g, (char) => `\\${char}`)
    .replace(/([@#])(?=\w)/g, '$1&#8203;');
}

function code(text: string): string {
  // No escape works between backticks, and a bar ends the cell of a table all the same.
  return `\`${printable(text).replace(/`/g, "'").replace(/\|/g, '¦')}\``;
}
