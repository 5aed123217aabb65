import { connect, type Registry } from '../transport/connect';
import { checkTagTarget, setTag } from './set-tag';
import { type Double, manifestOf, putImage, registryDouble } from '../../../testing/registry-kit';
import { problemOf } from '../../../testing/git-kit';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function start(options: object = {}): Promise<{ double: Double; registry: Registry }> {
  const double = await registryDouble(options);
  closing.push(() => double.close());
  return { double, registry: connect(double.host, { attempts: 1 }) };
}

const writes = (double: Double) => double.journal.filter(({ method, kind }) => method === 'PUT' && kind === 'manifest');

it('sets a tag that is free, and writes nothing where it is there already', async () => {
  const { double, registry } = await start();
  await putImage(double.host, 'x', 'one', 'first');
  const one = await manifestOf(registry, 'x', 'one');
  double.journal.length = 0;
  expect(await checkTagTarget(registry, 'x', { tag: 'v1', moving: false }, one)).toBe('yes');
  expect(await setTag(registry, 'x', { tag: 'v1', moving: false }, one)).toBe('set');
  expect((await manifestOf(registry, 'x', 'v1')).digest).toBe(one.digest);
  expect(writes(double)).toHaveLength(1);
  expect(await setTag(registry, 'x', { tag: 'v1', moving: false }, one)).toBe('there');
  expect(writes(double)).toHaveLength(1);
});

it('moves a moving tag, and never one that stays: the problem names both', async () => {
  const { double, registry } = await start();
  await putImage(double.host, 'x', 'one', 'first');
  await putImage(double.host, 'x', 'two', 'second');
  const [one, two] = [await manifestOf(registry, 'x', 'one'), await manifestOf(registry, 'x', 'two')];
  await setTag(registry, 'x', { tag: 'main', moving: true }, one);
  expect(await setTag(registry, 'x', { tag: 'main', moving: true }, two)).toBe('set');
  expect((await manifestOf(registry, 'x', 'main')).digest).toBe(two.digest);
  await setTag(registry, 'x', { tag: 'v1', moving: false }, one);
  double.journal.length = 0;
  for (const act of [checkTagTarget, setTag]) {
    const { code, message } = await problemOf(act(registry, 'x', { tag: 'v1', moving: false }, two));
    expect([code, message.includes(one.digest), message.includes(two.digest)]).toEqual(['tag-exists', true, true]);
  }
  expect(writes(double)).toEqual([]);
});

it('skips a moving tag where tags are immutable; one that stays and is there is there', async () => {
  const { double, registry } = await start({ immutable: true });
  await putImage(double.host, 'x', 'main', 'first');
  await putImage(double.host, 'x', 'two', 'second');
  const two = await manifestOf(registry, 'x', 'two');
  expect(await setTag(registry, 'x', { tag: 'main', moving: true }, two)).toBe('skipped');
  expect(await setTag(registry, 'x', { tag: 'v2', moving: false }, two)).toBe('set');
  expect(await setTag(registry, 'x', { tag: 'v2', moving: false }, two)).toBe('there');
});

it('accepts that another process has set it to the same digest, but not to another', async () => {
  const { double, registry } = await start({ immutable: true });
  await putImage(double.host, 'x', 'v1', 'first');
  await putImage(double.host, 'x', 'two', 'second');
  /** The tag does not exist on the first reads, and exists when it is written. */
  const race = (missingReads = 1) => {
    let reads = 0;
    double.faults = ({ method, reference }) =>
      reference === 'v1' && method !== 'PUT' && (reads += 1) <= missingReads
        ? { status: 404, body: JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'unknown' }] }) }
        : undefined;
  };
  const tag = { tag: 'v1', moving: false };
  const [one, two] = [await manifestOf(registry, 'x', 'v1'), await manifestOf(registry, 'x', 'two')];
  race();
  expect(await setTag(registry, 'x', tag, one)).toBe('there');
  race();
  expect((await problemOf(setTag(registry, 'x', tag, two))).code).toBe('tag-exists');
  // Deleted again before it is read back.
  race(Infinity);
  const { code, message } = await problemOf(setTag(registry, 'x', tag, one));
  expect([code, message.includes(one.digest)]).toEqual(['tag-exists', true]);
});

it.each(['a b', '-x', '', 'x'.repeat(129), `c-${'a'.repeat(64)}`])('refuses %j before anything is asked', async (tag) => {
  const { double, registry } = await start();
  await putImage(double.host, 'x', 'one', 'first');
  const one = await manifestOf(registry, 'x', 'one');
  double.journal.length = 0;
  expect((await problemOf(setTag(registry, 'x', { tag, moving: false }, one))).code).toBe('unsafe-tag');
  expect(double.journal).toEqual([]);
});
