import { evaluateRecipe } from './evaluate';
import type { EvaluatedRecipe } from './steps';
import { isRefusal, readRecipe, type Refusal } from './recipe';
import { SCRATCH, type ImageSettings } from './settings';

const BASE: ImageSettings = { Env: ['PATH=/bin', 'LANG=C'], Cmd: ['base'], Labels: { from: 'base' }, WorkingDir: '/srv' };

function follow(text: string, base: ImageSettings = BASE, args: Record<string, string> = {}): EvaluatedRecipe | Refusal {
  const recipe = readRecipe(text, { args, platform: 'linux/amd64' });
  return isRefusal(recipe) ? recipe : evaluateRecipe(recipe, base);
}

function settings(lines: string, base?: ImageSettings, args?: Record<string, string>): ImageSettings {
  const evaluated = follow(`FROM base\n${lines}`, base, args);
  if (isRefusal(evaluated)) throw new Error(JSON.stringify(evaluated));
  return evaluated.settings;
}

describe('which image', () => {
  const read = (text: string, args: Record<string, string> = {}) => {
    const recipe = readRecipe(text, { args, platform: 'linux/arm64' });
    return isRefusal(recipe)
      ? recipe
      : [recipe.from, recipe.line, recipe.stages.map((stage) => stage.map(({ keyword }) => keyword))];
  };
  test.each([
    ['FROM a:1', ['a:1', 1, [[]]]],
    ['ARG R=ghcr.io\nARG I=${R}/x\nFROM ${I}:2', ['ghcr.io/x:2', 3, [[]]]],
    ['FROM --platform=$TARGETPLATFORM a', ['a', 1, [[]]]],
    ['FROM --platform=${TARGETPLATFORM} a', ['a', 1, [[]]]],
    ['FROM --platform=$TARGETOS/$TARGETARCH a', ['a', 1, [[]]]],
    ['FROM --platform=${TARGETPLATFORM:-linux/s390x} a', ['a', 1, [[]]]],
    ['ARG P=linux/arm64\nFROM --platform=$P a', ['a', 2, [[]]]],
    ['FROM --platform=linux/arm64 a', ['a', 1, [[]]]],
    ['FROM --platform=linux/arm64/v8 a', ['a', 1, [[]]]],
    ['FROM --platform=Linux/AArch64 a', ['a', 1, [[]]]],
    ['FROM --platform=arm64 a', ['a', 1, [[]]]],
    ['ARG BUILDPLATFORM=linux/arm64\nFROM --platform=$BUILDPLATFORM a', ['a', 2, [[]]]],
    ['FROM --platform=$BUILDPLATFORM a AS tools\nRUN make\nFROM b', ['b', 3, [[]]]],
    ['FROM a AS one\nENV A=1\nFROM b AS two\nUSER 1\nFROM One\nCMD x', ['a', 1, [['ENV'], ['CMD']]]],
    ['FROM a AS unused\nRUN make\nFROM b', ['b', 3, [[]]]],
    ['# syntax=docker/dockerfile:1\nFROM a', ['a', 2, [[]]]],
  ])('%j', (text, expected) => expect(read(text)).toEqual(expected));

  test('build arguments override defaults, and defaults override predefined arguments', () => {
    expect(read('ARG TAG=1\nFROM a:$TAG', { TAG: '2' })).toEqual(['a:2', 2, [[]]]);
    expect(read('ARG TARGETARCH=mine\nFROM a:$TARGETARCH')).toEqual(['a:mine', 2, [[]]]);
    expect(read('ARG TARGETARCH=mine\nFROM a:$TARGETARCH', { TARGETARCH: 'given' })).toEqual(['a:given', 2, [[]]]);
    expect(read('FROM a:$TARGETARCH')).toEqual(['a:arm64', 1, [[]]]);
  });
});

describe('refusals', () => {
  test.each([
    ['FROM a\nENV A=1\nRUN make', 3, 'RUN', 'runs a program'],
    ['FROM a\nCOPY --from=b /x /y', 2, 'COPY', 'it takes files from b'],
    ['FROM a\nCOPY --link x /y', 2, 'COPY', '--link'],
    ['FROM a\nCOPY --chown=app x /y', 2, 'COPY', 'not numeric'],
    ['FROM a\nCOPY --chown=2147483648 x /y', 2, 'COPY', 'larger than'],
    ['FROM a\nCOPY --chmod=u+x x /y', 2, 'COPY', 'not octal'],
    ['FROM a\nCOPY <<EOF /y\nhi\nEOF', 2, 'COPY', 'here-document'],
    ['FROM a\nCOPY x', 2, 'COPY', 'no destination'],
    ['FROM a\nCOPY x y /z', 2, 'COPY', 'does not end with a /'],
    ['FROM a\nCOPY "x y" /z/', 2, 'COPY', 'never closed'],
    ['FROM a\nADD https://example.com/x /y', 2, 'ADD', 'downloads'],
    ['FROM a\nADD git@github.com:a/b.git /y', 2, 'ADD', 'downloads'],
    ['FROM a\nONBUILD COPY . .', 2, 'ONBUILD', 'other images'],
    ['FROM a\nARG BUILDARCH', 2, 'ARG', 'the build machine'],
    ['FROM a\nENV A=${B:?no}', 2, 'ENV', 'only an engine'],
    ['FROM a\nENV A=1 B', 2, 'ENV', 'has no ='],
    ['FROM a\nEXPOSE web', 2, 'EXPOSE', 'not a port'],
    ['FROM a\nSTOPSIGNAL SIGNOT', 2, 'STOPSIGNAL', 'not a signal'],
    ['FROM a\nHEALTHCHECK --interval=1us CMD x', 2, 'HEALTHCHECK', 'shorter than 1 ms'],
    ['FROM a\nFRUIT x', 2, 'FRUIT', 'not supported'],
    ['FROM --platform=linux/s390x a', 1, 'FROM', 'the build is for linux/amd64'],
    ['FROM --platform=linux/amd64/v3 a', 1, 'FROM', 'its platform is linux/amd64/v3'],
    ['FROM --platform=$BUILDPLATFORM a', 1, 'FROM', '$BUILDPLATFORM is the platform of the build machine'],
    ['FROM --platform=linux/${BUILDARCH} a', 1, 'FROM', 'use $TARGETARCH'],
    ['FROM a:$BUILDARCH', 1, 'FROM', '$BUILDARCH is the platform of the build machine'],
    ['FROM --platform=$BUILDPLATFORM a AS one\nFROM one', 1, 'FROM', 'use $TARGETPLATFORM'],
    ['FROM --platform=$NOTHING a', 1, 'FROM', 'its platform $NOTHING is empty'],
    ['ENV A=1\nFROM a', 1, 'ENV', 'before the first FROM'],
    ['# syntax=example/front:1\nFROM a', 1, 'FROM', 'needs its own frontend'],
    ['# escape=`\nFROM a', 1, 'FROM', 'not a backslash'],
  ])('%j', (text, line, instruction, why) =>
    expect(follow(text)).toEqual({ line, instruction, why: expect.stringContaining(why) }),
  );

  test('triggers of the base', () => {
    expect(follow('ARG X\nFROM a', { OnBuild: ['RUN make'] })).toEqual({
      line: 2,
      instruction: 'FROM',
      why: expect.stringContaining('ONBUILD RUN make'),
    });
  });
});

describe('settings', () => {
  test.each<[string, ImageSettings]>([
    ['ENV LANG=D NEW=1', { Env: ['PATH=/bin', 'LANG=D', 'NEW=1'] }],
    ['ENV A=1\nENV A=2 B=$A', { Env: ['PATH=/bin', 'LANG=C', 'A=2', 'B=1'] }],
    ['ENV A=3\nARG A=5\nENV B=$A', { Env: ['PATH=/bin', 'LANG=C', 'A=3', 'B=5'] }],
    ['ENV leg $LANG  b "c d"', { Env: ['PATH=/bin', 'LANG=C', 'leg=C  b c d'] }],
    ['ENV A=\\$x B=\'$LANG\' C="$LANG\\"\\n" D=a\\ b', { Env: ['PATH=/bin', 'LANG=C', 'A=$x', 'B=$LANG', 'C=C"\\n', 'D=a b'] }],
    [
      'ENV A=${NO:-x${LANG}} B=${LANG:+y} C=${NO-z} D=${NO+w} E=$',
      { Env: ['PATH=/bin', 'LANG=C', 'A=xC', 'B=y', 'C=z', 'D=', 'E=$'] },
    ],
    ['ENV A=x$$y B=$$ C=$-', { Env: ['PATH=/bin', 'LANG=C', 'A=xy', 'B=', 'C='] }],
    ['ARG A=1 B=$A\nENV X=x$B\nARG C=$A D=$C\nENV Y=y$D', { Env: ['PATH=/bin', 'LANG=C', 'X=x', 'Y=y'] }],
    ['ARG TARGETARCH=mine\nARG TARGETOS\nENV X=$TARGETARCH-$TARGETOS', { Env: ['PATH=/bin', 'LANG=C', 'X=mine-linux'] }],
    ['LABEL b=2 "a b"="c \\\n  d"', { Labels: { 'a b': 'c   d', b: '2', from: 'base' } }],
    ['ENTRYPOINT ["a"]', { Entrypoint: ['a'], Cmd: undefined }],
    ['CMD b\nENTRYPOINT a $b', { Cmd: ['/bin/sh', '-c', 'b'], Entrypoint: ['/bin/sh', '-c', 'a $b'], ArgsEscaped: true }],
    ['SHELL ["sh"]\nCMD a  b', { Shell: ['sh'], Cmd: ['sh', 'a  b'], ArgsEscaped: true }],
    ['CMD ["a"] # no comment', { Cmd: ['a'], ArgsEscaped: true }],
    ["CMD ['a']", { Cmd: ['/bin/sh', '-c', "['a']"], ArgsEscaped: true }],
    ['CMD []', { Cmd: undefined, ArgsEscaped: true }],
    ['WORKDIR a\nWORKDIR ../b/./c', { WorkingDir: '/srv/b/c' }],
    ['WORKDIR /a//b/../c/', { WorkingDir: '/a//b/../c/' }],
    ['WORKDIR /a//b/../c/\nWORKDIR d/', { WorkingDir: '/a/c/d' }],
    ['USER 1:2', { User: '1:2' }],
    ['EXPOSE 90/UDP 8000-8001 80', { ExposedPorts: { '80/tcp': {}, '8000/tcp': {}, '8001/tcp': {}, '90/udp': {} } }],
    ['VOLUME ["/b", "/a"]\nVOLUME /c', { Volumes: { '/a': {}, '/b': {}, '/c': {} } }],
    ['STOPSIGNAL sigrtmin+3', { StopSignal: 'sigrtmin+3' }],
    ['HEALTHCHECK NONE', { Healthcheck: { Test: ['NONE'] } }],
    [
      'HEALTHCHECK --interval=1m30s --timeout=1.5s --retries=3 CMD curl x',
      { Healthcheck: { Test: ['CMD-SHELL', 'curl x'], Interval: 90e9, Timeout: 1.5e9, Retries: 3 } },
    ],
    ['HEALTHCHECK --start-period=0 CMD ["a", "b"]', { Healthcheck: { Test: ['CMD', 'a', 'b'] } }],
  ])('%s', (lines, change) => expect(settings(lines)).toEqual(JSON.parse(JSON.stringify({ ...BASE, ...change }))));

  test('takes an argument from the build, its default, or the global scope; a later stage inherits it', () => {
    const text = 'ARG A=global\nFROM base AS one\nARG A\nARG B=$A-2\nENV X=$A Y=$B\nFROM one\nENV Z=${A:-gone}';
    expect(follow(text)).toMatchObject({ settings: { Env: expect.arrayContaining(['X=global', 'Y=global-2', 'Z=global']) } });
    expect(follow(text, BASE, { A: 'given' })).toMatchObject({
      settings: { Env: expect.arrayContaining(['X=given', 'Y=given-2']) },
    });
  });

  test('does not inherit unknown and empty keys of a base', () => {
    const base = { ...SCRATCH, Hostname: 'x', OnBuild: null, Labels: {}, Domainname: '' } as unknown as ImageSettings;
    expect(settings('', base)).toEqual(SCRATCH);
  });
});

test('steps and history', () => {
  const evaluated = follow(
    'FROM a\nARG X=1\nWORKDIR sub\nUSER 5\nWORKDIR $X\nCOPY --chown=$X:2 --chmod=0700 ["a b", "./c/", "d/"]\nADD x .\nMAINTAINER A B',
  );
  expect(evaluated).toMatchObject({
    author: 'A B',
    steps: [
      { step: 'folder', line: 3, path: '/srv/sub' },
      { step: 'folder', line: 5, path: '/srv/sub/1', user: '5' },
      { step: 'copy', line: 6, sources: ['a b', './c/'], to: '/srv/sub/1/d/', uid: 1, gid: 2, mode: 0o700, unpacks: false },
      { step: 'copy', line: 7, sources: ['x'], to: '/srv/sub/1/', uid: 0, gid: 0, unpacks: true },
    ],
    history: [
      { by: 'ARG X=1' },
      { by: 'WORKDIR /srv/sub', step: 0 },
      { by: 'USER 5' },
      { by: 'WORKDIR /srv/sub/1', step: 1 },
      { by: 'COPY --chown=$X:2 --chmod=0700 a b ./c/ d/', step: 2 },
      { by: 'ADD x .', step: 3 },
      { by: 'MAINTAINER A B' },
    ],
  });
});
