import { bundlesIn, plannedTasks, ranTasks, receipts, registryBelow } from './measure';
import type { Row } from './rows';
import { PROC, EXEC, type Shop } from './shop';

const TARGETS = '-t test stage docker-push';

/** Makes the change, and compares the tasks that ran, dist/ and the registry with the row. */
export async function checkRow(shop: Shop, row: Row, { legacy = false } = {}): Promise<void> {
  const { workspace, prefix, a } = shop;
  const expected = [...((legacy ? row.legacyRuns : undefined) ?? row.runs)].sort();
  await shop.reset();
  await row.change(shop);
  const before = await registryBelow(prefix);
  if (row.sync) await shop.mustNx('sync');
  const commit = workspace.commit(row.name);

  const command = `affected ${TARGETS} --base=${a}`;
  // The task graph equals the tasks that run on every version, so it is checked on one of them.
  if (!legacy) expect({ planned: await plannedTasks(shop, command) }).toEqual({ planned: expected });
  const ran = await shop.nx(`${command} --output-style=static --skip-nx-cache`);
  expect({ exitCode: ran.exitCode, ran: ranTasks(ran), output: ran.output }).toEqual({
    exitCode: 0,
    ran: expected,
    output: ran.output,
  });

  const left = receipts(shop);
  expect(Object.keys(left).sort()).toEqual(receiptsOf(expected).sort());
  const after = { ...before };
  for (const [image, receipt] of pushesOf(left)) {
    const builds = row.builds?.includes(image) ?? false;
    expect({ image, builds: receipt.how !== 'reused' }).toEqual({ image, builds });
    expect(before[`${image}:c-${receipt.key}`]).toBe(builds ? undefined : receipt.digest);
    expect(receipt.commit).toBe(commit);
    // A reused image gets the tags of the commit and the branch too.
    for (const tag of [`c-${receipt.key}`, `customer-${commit}`, 'customer-main']) after[`${image}:${tag}`] = receipt.digest;
    if (!builds) continue;
    expect(Object.values(before)).not.toContain(receipt.digest);
    const holds = image === PROC || image === EXEC ? idsInRelease(workspace.read('release.yaml')) : [];
    expect(await bundlesIn(`${prefix}/${image}`, receipt.digest)).toEqual(holds);
  }
  expect(await registryBelow(prefix)).toEqual(after);
  expect(pushesOf(left).flatMap(([image, { how }]) => (how === 'reused' ? [] : [image]))).toEqual([...(row.builds ?? [])].sort());
  expect(workspace.git('status', '--porcelain')).toBe('');
}

function pushesOf(left: ReturnType<typeof receipts>) {
  return Object.entries(left)
    .filter(([folder]) => folder.startsWith('push/'))
    .map(([folder, receipt]) => [folder.slice('push/'.length), receipt] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1));
}

/** stage and docker-push write a receipt; test does not. */
function receiptsOf(tasks: readonly string[]): string[] {
  const folders: Record<string, string> = { stage: 'stage', 'docker-push': 'push' };
  return tasks.flatMap((task) => {
    const [project, target] = task.split(':') as [string, string];
    return folders[target] ? [`${folders[target]}/${project}`] : [];
  });
}

/** Read without code of the product. */
function idsInRelease(text: string): string[] {
  return [...text.matchAll(/^\s+- id: ["']?([^"'\s]+)/gm)].map(([, id]) => id!).sort();
}
