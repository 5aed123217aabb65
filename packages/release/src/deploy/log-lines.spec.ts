import { formatLogLine, parseLogStart } from './log-lines';

const at = (time: string) => ({ kind: 'time', at: Date.parse(time) });

it.each([
  ['90s', { kind: 'ago', seconds: 90 }],
  ['30m', { kind: 'ago', seconds: 1800 }],
  ['2h', { kind: 'ago', seconds: 7200 }],
  ['1d', { kind: 'ago', seconds: 86400 }],
  ['2026-03-02T10:30:00Z', at('2026-03-02T10:30:00Z')],
  ['2026-03-02T10:30:00+02:00', at('2026-03-02T08:30:00Z')],
  ['2026-03-02T99:00:00Z', undefined],
  ['2026.4', { kind: 'release', release: '2026.4' }],
  ['2w', { kind: 'release', release: '2w' }],
  ['2026-03-02', { kind: 'release', release: '2026-03-02' }],
])('--since=%s', (text, start) => expect(parseLogStart(text)).toEqual(start));

it('prints time, service, source and text', () => {
  const line = { service: 'proc', source: '0123456789abcdef', time: '2026-03-02T10:30:00.123456789Z', text: 'ready \n' };
  expect(formatLogLine(line)).toBe('2026-03-02 10:30:00.123 proc 01234567  ready');
});
