import { parseChallenges } from './challenges';

describe('challenges', () => {
  const read = (header: string | undefined) =>
    parseChallenges({ origin: '', status: 401, headers: { 'www-authenticate': header }, body: Buffer.alloc(0) }).map(
      ({ scheme, parameters }) => [scheme, { ...parameters }],
    );

  it.each<[string | undefined, unknown[]]>([
    [undefined, []],
    ['', []],
    ['Basic', [['basic', {}]]],
    ['bearer Realm="https://a/t",SERVICE=b', [['bearer', { realm: 'https://a/t', service: 'b' }]]],
    [
      'Bearer realm = "a, b=c" , scope="repository:x:pull,push"',
      [['bearer', { realm: 'a, b=c', scope: 'repository:x:pull,push' }]],
    ],
    ['Bearer realm="quoted \\"word\\""', [['bearer', { realm: 'quoted "word"' }]]],
    ['Negotiate, Basic realm=x, Bearer realm="y"', [['negotiate', {}], ['basic', { realm: 'x' }], ['bearer', { realm: 'y' }]]], // prettier-ignore
    ['Bearer realm="first",realm="second"', [['bearer', { realm: 'first' }]]],
    ['Bearer __proto__="x"', [['bearer', { ['__proto__']: 'x' }]]],
    ['realm="no scheme"', []],
    ['Bearer realm="never closed', [['bearer', {}]]],
    ['"', []],
  ])('%j', (header, expected) => {
    const found = read(header);
    expect(found.slice(0, expected.length)).toEqual(expected);
    expect(
      found.every(([, parameters]) => !Object.hasOwn(parameters as object, 'realm')) || expected.length === found.length,
    ).toBe(true);
  });

  it('long and hostile are read in no time', () => {
    expect(read(`Bearer ${'a='.repeat(8000)}"`).length).toBeGreaterThan(0);
    expect(read(`Bearer realm="${'\\'.repeat(16_000)}`).length).toBeGreaterThan(0);
    expect(read(`${' ,'.repeat(8000)}!`).length).toBeGreaterThanOrEqual(0);
  });
});
