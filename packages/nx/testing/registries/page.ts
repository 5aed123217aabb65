import type { Problem } from '@kdcube/release/internal';
import type { Operation } from './operations';
import type { Habit, Product } from './product';

/** How one operation ended with one product. */
export interface Cell {
  outcome: string;
  habits: readonly Habit[];
  problem?: Problem;
}

const INTRO = [
  '<!-- Printed by packages/nx/testing/registries/products.spec.ts: run it with KD_UPDATE=1. -->',
  '# Registries',
  'Every registry speaks the same protocol, and each in its own way. This page lists what is known of ten products, from their documentation and from public bug reports, and how docker-push, signatures and `release:prune` end with each. The products are played by a server that answers as described in the sources below; none of this was run against the products themselves. Where no source says that a product has the referrers API, it is played without it.',
];

const NOTES = [
  '## What holds for all of them',
  [
    '- **A look-up that is denied is not the last word of a push.** Several products deny to read what does not exist yet. docker-push then repeats the look-up with the right to write, and, if that is denied too, tries to begin an upload. Only if that is refused, the push ends in `registry-denied`. Commands that only read (`plan`, `verify`, `status`, a dry run) do not try to write.',
    '- **A layer is sent in one PUT.** Where that is refused, it is sent as docker sends it (PATCH, then PUT), and in pieces where a request may not be large.',
    '- **A branch tag that may not move stays where it is**, and docker-push says so. A commit tag or a release tag that names another image is the Problem `tag-exists`.',
    '- **Signatures** are listed by the referrers API, or under the tag `sha256-<digest>` where a registry does not have it. That tag changes with each signature: except `sha256-*` from immutable tags, or a second key cannot sign.',
    '- **What the registry says is shown**, also where it stands in `detail`, in plain text or in a web page.',
  ].join('\n'),
];

export function printPage(
  products: readonly Product[],
  operations: readonly Operation[],
  cells: ReadonlyMap<string, Cell>,
): string {
  const head = ['| | ' + operations.map(({ title }) => title).join(' | ') + ' |', `| --- |${' --- |'.repeat(operations.length)}`];
  const rows = products.map((product) => {
    const seen = new Set<Habit>();
    const columns = operations.map(({ id }) => printCell(cells.get(`${product.name} ${id}`), seen, id === 'push'));
    return `| **${product.name}** | ${columns.join(' | ')} |`;
  });
  const sections = products.map((product) => section(product, operations, cells));
  return `${[...INTRO, [...head, ...rows].join('\n'), ...NOTES, ...sections].join('\n\n')}\n`;
}

/** A habit that a push shows is not repeated in the other columns. */
function printCell(cell: Cell | undefined, seen: Set<Habit>, isFirst: boolean): string {
  if (!cell) return '–';
  const shown = cell.habits.filter((habit) => !seen.has(habit));
  if (isFirst) for (const habit of cell.habits) seen.add(habit);
  const outcome = cell.problem ? `refused: ${cell.outcome}` : cell.outcome;
  if (shown.length === 0) return outcome;
  const notes = shown.map(({ short }) => short).join(', ');
  return `${outcome}${outcome.includes(':') ? '; ' : ': '}${notes}`;
}

function section(
  { name, habits, immutable, mustExist }: Product,
  operations: readonly Operation[],
  cells: ReadonlyMap<string, Cell>,
): string {
  const list = habits.map(({ what, source }) => `- ${what} ([source](${source}))`);
  const facts = [
    ...(mustExist === undefined ? [] : [`- A ${mustExist} must be created before the first push.`]),
    ...(immutable === undefined ? [] : [`- Its name for tags that stay: ${immutable}.`]),
  ];
  const refusals = operations.flatMap(({ id, title }) => {
    const problem = cells.get(`${name} ${id}`)?.problem;
    return problem
      ? [`${title[0]!.toUpperCase()}${title.slice(1)}:`, ['```text', ...printProblem(problem), '```'].join('\n')]
      : [];
  });
  return [`## ${name}`, [...list, ...facts].join('\n'), ...refusals].join('\n\n');
}

function printProblem({ code, message, hint }: Problem): string[] {
  const plain = (text: string) =>
    text
      .replace(/127\.0\.0\.1:\d+/g, 'registry.example')
      .replace(/sha256([:-])[0-9a-f]{64}/g, 'sha256$1…')
      .replace(/c-([ab])\1{63}/g, 'c-<key>');
  return [`[${code}]`, `  ${plain(message)}`, ...(hint === undefined ? [] : [`  hint  ${plain(hint)}`])];
}
