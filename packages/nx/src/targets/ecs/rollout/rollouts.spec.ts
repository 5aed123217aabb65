import * as path from 'node:path';
import { expectGolden } from '../../../../../../tools/testing/golden';
import type { EcsDouble } from '../../../../../release/testing/rollouts/kit';
import { playRow } from '../../../../../release/testing/rollouts/play';
import { CLIENT_ROWS } from '../../../../../release/testing/rollouts/table';
import { deploy } from '../../../../testing/rollouts/run';

const FIXTURES = path.join(__dirname, '../../../../fixtures');
const started: EcsDouble[] = [];
afterEach(async () => {
  for (const double of started.splice(0)) await double.close();
});

// packages/release proves the core with every row, without HTTP. Through the AWS SDK run the rows about AWS itself and its client, and those whose message docs/problems.md shows.
describe('rollouts through the AWS SDK', () => {
  const calls: string[] = [];

  it.each(CLIENT_ROWS.map((row) => [row.name, row] as const))('%s', async (_, row) => {
    const played = await playRow(row, deploy, started);
    calls.push(played.calls);
    if (!row.golden) return;
    const message = played.ended.message.replace(/ecs-svc\/\d+/g, 'ecs-svc/1234567890123456789');
    expectGolden(path.join(FIXTURES, 'problems', `${row.golden}.txt`), `${message}\n`);
  });

  it('makes these calls, and no others', () => {
    if (calls.length === CLIENT_ROWS.length) expectGolden(path.join(FIXTURES, 'rollouts/calls.txt'), `${calls.join('\n\n')}\n`);
  });
});
