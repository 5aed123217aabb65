// docs/verdicts.md: our verdicts beside those of Amazon's own command line, from what tools/bench/verdicts.mjs found. tools/docs.mjs prints it.
import fs from 'node:fs';
import { RESULT } from './bench/verdicts.mjs';

export function verdictsTable() {
  const results = JSON.parse(fs.readFileSync(RESULT, 'utf8'));
  const rows = results.map(({ name, ours, aws }) => [name, ended(ours), told(ours), ended(aws), told(aws)]);
  const bad = (of) => results.filter((result) => result[of].exit !== 0);
  const sum = (of) => [
    `**${results.filter((result) => result[of].right).length} of ${results.length} right**`,
    `**${bad(of).filter((result) => result[of].reason).length} of ${bad(of).length}**`,
  ];
  return [
    ['rollout', '`deploy-ecs`', 'reason', '`aws ecs wait`', 'reason'],
    Array.from({ length: 5 }, () => '---'),
    ...rows,
    ['', ...sum('ours'), ...sum('aws')],
  ]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function ended({ exit, pinned, right }) {
  if (right) return `${exit}`;
  return `${exit}, **wrong**: what was pinned ${pinned ? 'runs' : 'does not run'}`;
}

function told({ exit, reason }) {
  if (exit === 0) return '';
  return reason ? 'shown' : 'not shown';
}
