import { KdcubeError } from '@kdcube/release/internal';
import { fileError, problem, withChanges } from './problem';

it('says what was changed', () => {
  const failed = problem('wrong-option', 'One', 'do this');
  expect(failed.message).toBe('[wrong-option]\n  One\n  hint  do this\n1 problem. No file or folder was created or changed.');
  expect(withChanges(failed, 'All.').message).toMatch(/\n1 problem\. All\.$/);
  const other = new KdcubeError({ code: 'yaml-syntax', message: 'x', at: { file: 'a.yaml' } });
  expect(withChanges(other).message).toMatch(/^a\.yaml {2}\[yaml-syntax\]\n {2}x\n1 problem\. No file or folder/);
});

it('reports a full disk', () => {
  const codeOf = (error: KdcubeError) => error.problems[0]!.code;
  expect(codeOf(fileError(Object.assign(new Error('x'), { code: 'ENOSPC' }), 'a'))).toBe('disk-full');
  expect(codeOf(fileError(Object.assign(new Error('x'), { code: 'EACCES' }), 'a'))).toBe('file-error');
});
