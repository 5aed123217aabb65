import { KdcubeError, PROBLEMS } from '@kdcube/release/internal';
import { CODES, CreateError, fileError } from './problem';

describe('CreateError', () => {
  it('uses the problem codes of @kdcube/release', () => {
    for (const code of CODES) expect(Object.keys(PROBLEMS)).toContain(code);
  });

  it('is printed like every other Problem', () => {
    const problem = { code: 'already-exists' as const, message: 'One\nline \u001b[31m', hint: 'do this' };
    const error = new CreateError(problem.code, problem.message, problem.hint);
    expect(error.format()).toBe(new KdcubeError(problem, { changed: error.changed }).message);
  });

  it('reports a full disk', () => {
    expect(fileError(Object.assign(new Error('x'), { code: 'ENOSPC' }), 'a').code).toBe('disk-full');
    expect(fileError(Object.assign(new Error('x'), { code: 'EACCES' }), 'a').code).toBe('file-error');
  });
});
