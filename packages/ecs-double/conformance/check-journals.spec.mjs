import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { checkSuite } from './check-journals.mjs';
import { testWithAwsCli } from './python.mjs';
import { startDouble, CLUSTER } from '../testing/kit.mjs';

const before = process.env.ECS_DOUBLE_JOURNALS;
let folder;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-double-'));
  // What is wrong on purpose here must not reach the check of the suite that this test is part of.
  process.env.ECS_DOUBLE_JOURNALS = folder;
});
afterEach(() => {
  if (before === undefined) delete process.env.ECS_DOUBLE_JOURNALS;
  else process.env.ECS_DOUBLE_JOURNALS = before;
  fs.rmSync(folder, { recursive: true, force: true });
});

async function ask(...requests) {
  const double = await startDouble();
  for (const request of requests) await double.as('ListServices', request);
  await double.close();
}

testWithAwsCli('every double of a suite is checked', async () => {
  expect(checkSuite(folder)).toBeUndefined();
  await ask({ cluster: CLUSTER });
  await ask({ cluster: CLUSTER });
  expect(checkSuite(folder)).toEqual({ status: 'passed', message: '2 journals, 2 passed, 0 failed' });
});

testWithAwsCli('one invalid call fails the check, and is reported once, with the test’s file', async () => {
  await ask({ cluster: CLUSTER });
  await ask({ cluster: CLUSTER, clutter: 1 }, { cluster: CLUSTER, clutter: 1 });
  const { status, message } = checkSuite(folder);
  expect(status).toBe('failed');
  expect(message).toMatch(
    /check-journals\.spec\.mjs-[^\n]*\.ndjson:1 ecs\.ListServices request\.clutter: is unknown\n1 passed, 2 failed$/,
  );
});

test('without awscli it skips with a reason; it fails where awscli could be installed and KD_REQUIRE_ENGINE=1', async () => {
  await ask({ cluster: CLUSTER });
  const asked = process.env.KD_REQUIRE_ENGINE;
  const found = (required, more) => {
    process.env.KD_REQUIRE_ENGINE = required;
    return checkSuite(folder, () => ({ reason: 'no python3', ...more })).status;
  };
  try {
    expect([found('0'), found('1'), found('0', { broken: true }), found('1', { broken: true })]).toEqual([
      'skipped',
      'skipped',
      'skipped',
      'failed',
    ]);
  } finally {
    if (asked === undefined) delete process.env.KD_REQUIRE_ENGINE;
    else process.env.KD_REQUIRE_ENGINE = asked;
  }
});
