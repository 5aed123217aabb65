import { verdictForCode } from './exit-codes';

test('a rollback that failed is never recorded as rolled back', () => {
  expect(verdictForCode('rollback-failed', true)).toBe('failed');
  expect([verdictForCode('reload-failed', true), verdictForCode('reload-failed', false)]).toEqual(['rolled-back', 'failed']);
});
