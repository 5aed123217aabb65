// docs/verdicts.md: our verdicts beside those of Amazon's own command line, from what tools/bench/verdicts.mjs found. tools/docs.mjs prints it.
import fs from 'node:fs';
import { RESULT } from './bench/verdicts.mjs';

export function verdictsTable() {
  const results = JSON.parse(fs.readFileSync(RESULT, 'utf8'));
  const rows = results.map(({ name, ours, aws }) => [name, ended(ours), told(ours), ended(aws), told(aws)]);
  const sum = (of) => {
    const all = results.map((result) => result[of]);
    const right = all.filter((each) => each.right).length;
    const wrong = all.filter((each) => each.right === false).length;
    const reasons = all.filter(({ reason }) => reason !== undefined);
    return [
      `**${right} right, ${wrong} wrong, ${all.length - right - wrong} not known**`,
      `**${reasons.filter(({ reason }) => reason).length} of ${reasons.length}**`,
    ];
  };
  return [
    ['rollout', '`deploy-ecs`', 'reason', '`aws ecs wait`', 'reason'],
    Array.from({ length: 5 }, () => '---'),
    ...rows,
    [`**${results.length} rollouts**`, ...sum('ours'), ...sum('aws')],
  ]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function ended({ exit, verdict, pinned, right }) {
  if (verdict === 'unknown') return `${exit}, does not know`;
  return right ? `${exit}` : `${exit}, **wrong**: what was pinned ${pinned ? 'runs' : 'does not run'}`;
}

function told({ reason }) {
  if (reason === undefined) return '';
  return reason ? 'shown' : 'not shown';
}
