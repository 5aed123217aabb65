import { formatProblems } from '../../problem/problem';
import type { BootError, BootFailure, BootFrame, BootReport } from './report';
import { newBootRound } from './report';
import { bootProblems, imageProblem, shownReport } from './problems';

const IMAGE = {
  image: 'proc',
  memory: '1g',
  timeout: 120,
  bundles: [
    { id: 'here@1-0', folder: 'here@1-0', place: 'bundles/here@1-0' },
    { id: 'there@2.0', folder: 'there_2_0', place: 'git@example.com:org/b.git service/there@2.0' },
  ],
};

function problemOf(failure: BootFailure, id = 'here@1-0') {
  const report = {
    python: '3.12.1',
    user: 0,
    loader: { kind: 'rule' as const },
    outcomes: [{ id, ok: false as const, failure }],
  };
  const [problem] = bootProblems(report, IMAGE);
  return problem!;
}

function raised(error: Partial<BootError>, frames: BootFrame[] = []) {
  return problemOf({ why: 'raised', error: { type: 'ValueError', message: 'no', kinds: [], ...error }, frames });
}

describe('the place to fix', () => {
  const within: BootFrame = ['/bundles/here@1-0/services/a.py', 7, 'load'];

  it('is the innermost line of the bundle itself, whatever it called', () => {
    const frames: BootFrame[] = [
      ['/bundles/here@1-0/entrypoint.py', 2, '<module>'],
      within,
      ['/usr/lib/python3/json.py', 9, 'loads'],
    ];
    expect(raised({}, frames).at).toEqual({ file: 'bundles/here@1-0/services/a.py', line: 7 });
    expect(raised({}, frames).message).toContain('  File "/usr/lib/python3/json.py", line 9, in loads');
  });

  it('is the place of a syntax error, with its column', () => {
    const error = { type: 'SyntaxError', file: '/bundles/here@1-0/entrypoint.py', line: 3, col: 9 };
    expect(raised(error).at).toEqual({ file: 'bundles/here@1-0/entrypoint.py', line: 3, col: 9 });
    expect(raised({ ...error, file: '/app/x.py' }, [within]).at).toEqual({ file: 'bundles/here@1-0/services/a.py', line: 7 });
  });

  it('is the folder in its repository for a pinned bundle, by the folder in the image', () => {
    const frames: BootFrame[] = [['/bundles/there_2_0/entrypoint.py', 4, '<module>']];
    expect(problemOf({ why: 'timeout', frames }, 'there@2.0').at).toEqual({
      file: 'git@example.com:org/b.git service/there@2.0/entrypoint.py',
      line: 4,
    });
  });

  it('is the entrypoint by default, and never another bundle’s file', () => {
    expect(problemOf({ why: 'memory' }).at).toEqual({ file: 'bundles/here@1-0/entrypoint.py' });
    expect(raised({}, [['/bundles/here@1-0x/a.py', 1, 'f']]).at).toEqual({ file: 'bundles/here@1-0/entrypoint.py' });
  });
});

describe('messages and hints', () => {
  it.each<[string, Partial<BootError>, RegExp]>([
    ['no network', { type: 'OSError', message: '[Errno 101] Network is unreachable' }, /no network: connect when a request/],
    ['no name', { type: 'socket.gaierror', message: 'x', kinds: ['gaierror', 'OSError'] }, /no network/],
    ['a missing package', { kinds: ['ModuleNotFoundError'], module: 'pandas' }, /RUN pip install/],
    ['another platform', { kinds: ['ModuleNotFoundError'], module: 'kdcube_ai_app.infra.new' }, /platform\.ref/],
    ['an exit', { type: 'SystemExit', kinds: ['SystemExit'] }, /must not exit/],
    ['no memory', { type: 'MemoryError', kinds: ['MemoryError'] }, /--memory=2g/],
  ])('%s', (_, error, hint) => {
    expect(raised(error)).toMatchObject({ code: 'bundle-import-failed', hint: expect.stringMatching(hint) });
  });

  it('reports memory and timeouts with the option that raises the limit', () => {
    expect(problemOf({ why: 'memory' })).toMatchObject({
      message: expect.stringContaining('more than 1g of memory'),
      hint: expect.stringContaining('--memory=2g'),
    });
    expect(problemOf({ why: 'timeout', frames: [] })).toMatchObject({
      message: expect.stringContaining('longer than 120 s'),
      hint: expect.stringContaining('--timeout=240'),
    });
  });

  it('reports a module without an entrypoint as validate does', () => {
    expect(raised({ type: 'NoEntrypoint' })).toMatchObject({
      code: 'entrypoint-none',
      at: { file: 'bundles/here@1-0/entrypoint.py' },
    });
  });

  it('hides secrets, and escapes control characters', () => {
    const token = `ghp_${'a1'.repeat(18)}`;
    expect(raised({ message: `bad token ${token}` }).message).toContain('ValueError: (hidden: it contains a GitHub token)');
    const { message } = problemOf({ why: 'ended', code: 1, tail: [`token=${token}`, 'fine'] });
    expect(message).not.toContain(token);
    expect(message).toContain('fine');
    expect(formatProblems([raised({ message: '\u001b[2J' })])).not.toContain('\u001b');
  });

  it('hides secrets in the report too, which --json prints', () => {
    const token = `ghp_${'a1'.repeat(18)}`;
    const error = { type: 'ValueError', message: `bad token ${token}`, kinds: [] };
    const report: BootReport = {
      python: '3.11.2',
      user: 0,
      loader: { kind: 'rule', why: `ValueError: ${token}` },
      outcomes: [
        { id: 'a', ok: true, symbol: 'A', kind: 'class', seconds: 1 },
        { id: 'b', ok: false, failure: { why: 'raised', error, frames: [['/x.py', 1, 'f']] } },
        { id: 'c', ok: false, failure: { why: 'ended', code: 1, tail: [`token=${token}`, 'fine'] } },
        { id: 'd', ok: false, failure: { why: 'memory' } },
      ],
    };
    const shown = shownReport(report);
    expect(JSON.stringify(shown)).not.toContain(token);
    expect(shown.outcomes[2]).toMatchObject({ failure: { tail: ['(hidden: it contains a GitHub token)', 'fine'] } });
    const harmless = JSON.parse(JSON.stringify(report).replaceAll(token, 'x')) as BootReport;
    expect(shownReport(harmless)).toEqual(harmless);
    expect(shownReport({ ...harmless, loader: { kind: 'rule', why: '\u001b[2J' } }).loader.why).toBe('\\x1b[2J');
  });
});

describe('imageProblem', () => {
  const exit = (code: number) => ({ kind: 'exit' as const, code });

  it('reports a missing Python', () => {
    expect(imageProblem(newBootRound('n'), exit(127), IMAGE, 'docker')).toMatchObject({
      code: 'boot-failed',
      message: expect.stringContaining('no python3 and no python'),
    });
  });

  it('reports the engine’s error if the image does not start', () => {
    const round = { ...newBootRound('n'), tail: ['docker: no space left'] };
    expect(imageProblem(round, exit(125), IMAGE, 'docker').message).toMatch(/docker could not run Python[^]*no space left/);
  });

  it('reports a loader that does not import', () => {
    const round = { ...newBootRound('n'), python: '3.12.1' };
    expect(imageProblem(round, exit(137), IMAGE, 'docker')).toMatchObject({
      message: expect.stringMatching(/The platform’s bundle loader does not import[^]*1g of memory/),
      hint: expect.stringContaining('--memory=2g'),
    });
  });
});
