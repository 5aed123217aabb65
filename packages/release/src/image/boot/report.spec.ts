import type { BootEnding } from './report';
import { bootSummary, endBootRound, followBoot, newBootRound } from './report';

const NONCE = 'a1b2';
const HELLO = { event: 'hello', python: '3.12.1', user: 1000 };
const LOADER = { event: 'loader', loader: 'rule', why: null };
const start = (id: string) => ({ event: 'start', id });
const done = (id: string) => ({ event: 'done', id, seconds: 0.1, symbol: 'Bundle', kind: 'class' });
const failed = (id: string) => ({ event: 'failed', id, seconds: 0.1, error: { type: 'ValueError', message: 'no' }, frames: [] });

function roundOf(...lines: (object | string)[]) {
  const round = newBootRound(NONCE);
  for (const line of lines) followBoot(round, typeof line === 'string' ? line : `${NONCE} ${JSON.stringify(line)}`);
  return round;
}

const exit = (code: number): BootEnding => ({ kind: 'exit', code });

describe('followBoot', () => {
  it('records the probe’s events, and each bundle once', () => {
    const round = roundOf(HELLO, LOADER, start('a'), done('a'), start('b'), failed('b'), { event: 'end' });
    expect(round).toMatchObject({ python: '3.12.1', user: 1000, loader: { kind: 'rule' }, ended: true });
    expect(round.outcomes.map(({ id, ok }) => [id, ok])).toEqual([
      ['a', true],
      ['b', false],
    ]);
  });

  it.each([
    ['without the nonce', JSON.stringify(done('a'))],
    ['with another nonce', `ffff ${JSON.stringify(done('a'))}`],
    ['half a line', `${NONCE} {"event":"done","id":"a"`],
    ['another shape', `${NONCE} ${JSON.stringify({ event: 'done', id: 7 })}`],
    ['no object', `${NONCE} null`],
    ['the nonce in the middle', `x ${NONCE} ${JSON.stringify(done('a'))}`],
    ['of another bundle', `${NONCE} ${JSON.stringify(done('b'))}`],
    ['an end in the middle', `${NONCE} {"event":"end"}`],
  ])('ignores an event %s', (_, line) => {
    const round = roundOf(HELLO, LOADER, start('a'), line);
    expect([round.outcomes, round.underWay, round.ended]).toEqual([[], 'a', false]);
  });

  it('keeps the last output lines since the last event, and truncates long ones', () => {
    const noise = Array.from({ length: 50 }, (_, at) => `line ${at}`);
    const { tail } = roundOf('before', start('a'), ...noise, 'x'.repeat(10_000));
    expect(tail).toHaveLength(12);
    expect(tail[0]).toBe('line 39');
    expect(tail[11]).toHaveLength(500);
  });
});

describe('endBootRound', () => {
  it.each<[string, object[], BootEnding, object]>([
    ['killed by the kernel', [], exit(137), { why: 'memory' }],
    [
      'too late, as it says itself',
      [{ event: 'timeout', id: 'a', frames: [['/x.py', 3, 'f']] }],
      exit(3),
      { why: 'timeout', frames: [['/x.py', 3, 'f']] },
    ],
    ['a time-out, ended from outside', [], { kind: 'stalled' }, { why: 'timeout', frames: [] }],
    ['too much output', [], { kind: 'flooded' }, { why: 'flooded' }],
    ['too much output, then a time-out', [{ event: 'timeout', id: 'a', frames: [] }], { kind: 'flooded' }, { why: 'flooded' }],
    ['ended, and calls it success', [], exit(0), { why: 'ended', code: 0, tail: [] }],
    ['crashed', [], exit(139), { why: 'ended', code: 139, tail: [] }],
  ])('reports the bundle that was being imported: %s', (_, events, ending, failure) => {
    const round = roundOf(HELLO, LOADER, start('a'), ...events);
    expect(endBootRound(round, ending)).toBe(true);
    expect(round.outcomes).toEqual([{ id: 'a', ok: false, failure }]);
  });

  it('reports that no bundle was imported', () => {
    expect(endBootRound(roundOf(HELLO), exit(1))).toBe(false);
    expect(endBootRound(roundOf(), exit(127))).toBe(false);
    expect(endBootRound(roundOf(HELLO, LOADER, { event: 'end' }), exit(0))).toBe(false);
  });
});

describe('bootSummary', () => {
  const good = { id: 'a', ok: true as const, symbol: 'A', kind: 'class', seconds: 1 };
  const bad = { id: 'b', ok: false as const, failure: { why: 'memory' as const } };
  const report = { python: '3.11.2', user: 1000, loader: { kind: 'platform' as const }, outcomes: [good, good] };

  it('states how many bundles import, with which Python, user and loader', () => {
    expect(bootSummary(report)).toBe('2 bundles import (python 3.11.2, user 1000, the platform’s own loader)');
    expect(bootSummary({ ...report, outcomes: [good], loader: { kind: 'rule' } })).toBe(
      '1 bundle imports (python 3.11.2, user 1000, by the platform’s rule)',
    );
    expect(bootSummary({ ...report, outcomes: [good, bad], loader: { kind: 'stand-in' } })).toMatch(
      /^1 of 2 bundles import .*the image has no kdcube_ai_app\)$/,
    );
  });
});
