// docs/verdicts.md: our verdicts and those of the AWS CLI, from the results of tools/bench/verdicts.mjs. tools/docs.mjs writes it.
import fs from 'node:fs';
import { RESULT } from './bench/verdicts.mjs';

export function verdictsTable() {
  const results = JSON.parse(fs.readFileSync(RESULT, 'utf8'));
  const rows = results.map(({ name, ours, aws }) => [name, ended(ours), reasonCell(ours), ended(aws), reasonCell(aws)]);
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

function reasonCell({ reason }) {
  if (reason === undefined) return '';
  return reason ? 'shown' : 'not shown';
}
