import { checkBundleSource } from './source';

describe('checkBundleSource with hostile files', () => {
  const MEGA = 1_000_000;
  it.each([
    ['letters', 'a'.repeat(MEGA)],
    ['letters outside ASCII', 'é'.repeat(MEGA)],
    ['digits', `x = 1${'0'.repeat(MEGA)}`],
    ['underscored digits', `x = ${'1_'.repeat(MEGA / 2)}`],
    ['dots', `from ${'.'.repeat(MEGA)} import a`],
    ['a dotted name', `import ${'a.'.repeat(MEGA / 2)}a`],
    ['names', `from a import ${'a, '.repeat(MEGA / 3)}b`],
    ['aliases', `import ${'a as b, '.repeat(MEGA / 8)}b`],
    ['semicolons', 'a;'.repeat(MEGA / 2)],
    ['equals', `${'a='.repeat(MEGA / 2)}1`],
    ['lambdas', `if ${'lambda:'.repeat(MEGA / 7)} a: b`],
    ['ands', `if ${'a and '.repeat(MEGA / 6)}b: pass`],
    ['nots', `if ${'not '.repeat(MEGA / 4)}b: pass`],
    ['quotes', '"'.repeat(MEGA)],
    ['backslashes', `"${'\\'.repeat(MEGA)}`],
    ['open brackets', '('.repeat(MEGA)],
    ['braces of an f-string', `f"${'{'.repeat(MEGA)}"`],
    ['fields', `f"${'{a}'.repeat(MEGA / 3)}"`],
    ['nested f-strings', 'f"{'.repeat(MEGA / 3)],
    ['nested formats', `f"${'{a:'.repeat(MEGA / 3)}"`],
    ['named characters', `f"${'\\N{a}'.repeat(MEGA / 5)}"`],
    ['spaces', `${' '.repeat(MEGA)}x`],
    ['joined lines', `x ${'\\\n'.repeat(MEGA / 2)}`],
    ['decorators', '@a\n'.repeat(MEGA / 3)],
    ['comments', '#\n'.repeat(MEGA / 2)],
    ['chained ifs', `if a: b\n${'elif a: b=1\n'.repeat(MEGA / 12)}`],
    ['names in a call', `f(${'a.b, '.repeat(MEGA / 5)})`],
    ['bindings of one name', 'if a: b=c\n'.repeat(MEGA / 10)],
    ['decorated classes', '@agentic_workflow\nclass A: 1\n'.repeat(MEGA / 29)],
  ])('handles a megabyte of %s', (_, source) => {
    const problems = checkBundleSource(new Map([['entrypoint.py', source]]), { id: 'flow', folder: 'bundles/flow' });
    expect(problems.length).toBeLessThan(2);
  });

  it('handles a chain of ten thousand imports', () => {
    const files = new Map([['entrypoint.py', 'from .m0 import *']]);
    for (let at = 0; at < 10_000; at++) files.set(`m${at}.py`, `from .m${at + 1} import *\nfrom .m${at + 1} import b`);
    expect(checkBundleSource(files, { id: 'a', folder: 'bundles/a' })).toEqual([]);
  });
});
