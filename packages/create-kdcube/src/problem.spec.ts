import { KdcubeError, PROBLEMS } from '@kdcube/release/internal';
import { CODES, CreateError, fileError } from './problem';

describe('CreateError', () => {
  it('uses the words of @kdcube/release', () => {
    for (const code of CODES) expect(Object.keys(PROBLEMS)).toContain(code);
  });

  it('is printed as every other problem', () => {
    const problem = { code: 'already-exists' as const, message: 'One\nline \u001b[31m', hint: 'do this' };
    expect(new CreateError(problem.code, problem.message, problem.hint).shown()).toBe(new KdcubeError(problem).message);
  });

  it('says that a disk is full', () => {
    expect(fileError(Object.assign(new Error('x'), { code: 'ENOSPC' }), 'a').code).toBe('disk-full');
    expect(fileError(Object.assign(new Error('x'), { code: 'EACCES' }), 'a').code).toBe('file-error');
  });
});
