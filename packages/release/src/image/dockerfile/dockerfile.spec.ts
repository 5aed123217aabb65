import { KdcubeError } from '../../problem/problem';
import { pinBases, readDockerfile } from './dockerfile';

const ARGS = { KDCUBE_PLATFORM_REF: '2026.7.20' };
const read = (text: string, args: Record<string, string> = ARGS) => readDockerfile(text, 'images/web/Dockerfile', args);
const names = (text: string, args?: Record<string, string>) => read(text, args).bases.map(({ name }) => name);

describe('external images', () => {
  const TABLE: [what: string, text: string, names: string[]][] = [
    ['a plain FROM', 'FROM python:3.11\n', ['python:3.11']],
    ['lower case', 'from python:3.11 as base\ncopy --from=base /a /b\n', ['python:3.11']],
    ['flags before the image', 'FROM --platform=$BUILDPLATFORM node:20 AS build\nFROM scratch\n', ['node:20']],
    ['a stage, by name, in any case', 'FROM node:20 AS Build\nFROM build\nCOPY --from=BUILD /a /b\n', ['node:20']],
    ['a stage, by number', 'FROM node:20\nFROM scratch\nCOPY --from=0 /a /b\n', ['node:20']],
    ['a stage further down', 'FROM a\nCOPY --from=later /x /x\nFROM b AS later\n', ['a', 'b']],
    ['a FROM above the stage of that name', 'FROM tool\nFROM x AS tool\nFROM tool\n', ['tool', 'x']],
    [
      'COPY and ADD --from an image',
      'FROM scratch\nCOPY --link --from=alpine:3 /a /b\nADD --from=busybox /a /b\n',
      ['alpine:3', 'busybox'],
    ],
    [
      'a mount',
      'FROM scratch\nRUN --mount=type=bind,from=tools:1,target=/t --mount=from=more,target=/m ls\n',
      ['tools:1', 'more'],
    ],
    ['a mount in the command is none', 'FROM scratch\nRUN echo --mount=from=x && cp --from=y\n', []],
    ['the same image twice', 'FROM debian:12\nFROM debian:12\nCOPY --from=debian:12 /a /b\n', ['debian:12']],
    ['one image, written in two ways', 'ARG I=debian:12\nFROM $I\nFROM debian:12\n', ['debian:12']],
    ['a default', 'ARG TAG=3.11\nFROM python:${TAG}\n', ['python:3.11']],
    ['quoted defaults', 'ARG A="py" B=\'thon\' C=3.11-${A}\nFROM "$A$B:$C"\n', ['python:3.11-py']],
    ['a default in the reference', 'FROM python:${TAG:-3.12}\n', ['python:3.12']],
    ['an alternative', 'ARG SLIM=1\nFROM python:3${SLIM:+-slim}\n', ['python:3-slim']],
    ['the platform’s ref', 'ARG KDCUBE_PLATFORM_REF\nFROM proc:$KDCUBE_PLATFORM_REF\n', ['proc:2026.7.20']],
    ['an argument wins over its default', 'ARG KDCUBE_PLATFORM_REF=old\nFROM proc:$KDCUBE_PLATFORM_REF\n', ['proc:2026.7.20']],
    [
      'a registry stays a variable',
      'ARG KDCUBE_PLATFORM_REGISTRY=docker.io/acme\nFROM ${KDCUBE_PLATFORM_REGISTRY}/proc:1\n',
      ['${KDCUBE_PLATFORM_REGISTRY}/proc:1'],
    ],
    [
      'a registry inside another argument',
      'ARG KDCUBE_REGISTRY\nARG I=$KDCUBE_REGISTRY/x:1\nFROM $I\n',
      ['${KDCUBE_REGISTRY}/x:1'],
    ],
    ['an ARG of a stage does not reach FROM', 'ARG T=1\nFROM a:$T\nARG T=2\nFROM b:$T\n', ['a:1', 'b:1']],
    ['a continued FROM', 'FROM --platform=linux/amd64 \\\n  # why\n\n  python:3.11 \\\n  AS base\n', ['python:3.11']],
    ['a word that continues on the next line', 'FROM pyth\\\non:3.11\n', ['python:3.11']],
    ['windows line ends', 'FROM python:3.11 \\\r\n  AS base\r\nCOPY --from=base /a /b\r\n', ['python:3.11']],
    [
      'another escape',
      '# syntax=docker/dockerfile:1\n# escape=`\nFROM python:3.11 `\n AS base\nRUN dir c:\\\nFROM b\n',
      ['python:3.11', 'b'],
    ],
    ['an escape below a comment is a comment', '# hello\n# escape=`\nFROM a \\\n AS b\n', ['a']],
    ['a here-document', 'FROM a\nRUN <<EOF\nFROM hidden\nEOF\nFROM b\n', ['a', 'b']],
    ['two here-documents', 'FROM a\nCOPY <<X <<"Y" /dir/\nFROM x\nX\nFROM y\nY\nFROM b\n', ['a', 'b']],
    ['an indented end', 'FROM a\nRUN <<-EOF\n\tFROM hidden\n\tEOF\nFROM b\n', ['a', 'b']],
    ['a here-string is no here-document', 'FROM a\nRUN cat <<<"x" && echo "a <<EOF"\nFROM b\n', ['a', 'b']],
    ['a shift is no here-document', 'FROM a\nRUN echo $((1<<SHIFT))\nFROM b\n', ['a', 'b']],
    ['ONBUILD is ignored', 'FROM a\nONBUILD COPY --from=elsewhere /a /b\n', ['a']],
    ['a digest', `FROM a@sha256:${'0'.repeat(64)}\n`, [`a@sha256:${'0'.repeat(64)}`]],
    ['a byte order mark', '\uFEFFFROM a\n', ['a']],
    ['names of prototypes', 'ARG constructor=x\nFROM $constructor\nFROM b AS toString\nCOPY --from=toString /a /b\n', ['x', 'b']],
  ];
  test.each(TABLE)('%s', (_, text, expected) => {
    expect(names(text)).toEqual(expected);
  });

  test.each([
    ['TARGETARCH', 'FROM a-${TARGETARCH}\n', { TARGETARCH: 'amd64' }, ['a-amd64']],
    ['an argument that is not declared', 'ARG V=1\nFROM a:$V\n', { W: '2' }, ['a:1']],
  ])('uses %s of the build', (_, text, args, expected) => {
    expect(names(text, args)).toEqual(expected);
  });

  test.each([
    ['no FROM', 'RUN ls\n', 'has no FROM', 1],
    ['an empty file', '', 'has no FROM', 1],
    ['a FROM without an image', 'FROM a\nFROM --platform=x\n', 'names no image', 2],
    ['an unset argument', '# c\nARG V\nFROM a:$V\n', 'uses V', 3],
    ['an argument that is not declared', 'FROM a:$KDCUBE_PLATFORM_REF\n', 'uses KDCUBE_PLATFORM_REF', 1],
    ['an argument in --from', 'ARG V=1\nFROM a\nCOPY --from=b:$V /a /b\n', 'does not expand variables', 3],
    ['an argument in a mount', 'FROM a\nRUN --mount=from=$V,target=/x ls\n', 'does not expand variables', 2],
    ['a missing stage', 'FROM a\nCOPY --from=1 /a /b\n', 'no stage 1', 2],
    ['an invalid image name', 'FROM a;b\n', 'not the name of an image', 1],
    ['a registry after FROM', 'ARG KDCUBE_REGISTRY\nFROM a\nARG KDCUBE_REGISTRY\n', 'names a registry', 3],
    [
      'a registry after FROM by another name',
      'ARG KDCUBE_REGISTRY\nARG I=$KDCUBE_REGISTRY/x\nFROM $I\nARG I\n',
      'names a registry',
      4,
    ],
    ['a here-document without an end', 'FROM a\nRUN <<EOF\nls\n', 'never ends', 2],
  ])('rejects %s, with its line', (_, text, message, line) => {
    try {
      read(text);
      throw new Error('nothing was thrown');
    } catch (error) {
      const [problem] = (error as KdcubeError).problems;
      expect(problem).toMatchObject({ code: 'dockerfile-unreadable', at: { file: 'images/web/Dockerfile', line } });
      expect(problem!.message).toContain(message);
    }
  });
});

describe('copiesBundles', () => {
  test.each([
    ['COPY ./bundles /bundles', true],
    ['copy bundles/ /bundles/', true],
    ['ENV A=bundles\nENV A=other B=$A\nCOPY $B /b', true],
    ['COPY /bundles/a /x', true],
    ['COPY --chown=1:1 a bundles b /x/', true],
    ['COPY ["bundles", "/x y"]', true],
    ['COPY --link ["a b", "./bundles/x", "/x/"]', true],
    ['COPY "bundles" /x', true],
    ['COPY . /app', true],
    ['COPY ./ /app', true],
    ['COPY * /app/', true],
    ['COPY bund* /app/', true],
    ['COPY [a-c]undles /app/', true],
    ['COPY x/../bundles /app/', true],
    ['ARG DIR=bundles\nCOPY ${DIR}/a /x', true],
    ['ENV DIR=./bundles\nCOPY $DIR /x', true],
    ['RUN --mount=type=bind,source=bundles,target=/b cp -r /b /c', true],
    ['RUN --mount=target=/src make', true],
    ['COPY a /bundles', false],
    ['COPY bundles-old /x', false],
    ['COPY mybundles other/bundles /x/', false],
    ['COPY --from=0 /bundles /bundles', false],
    ['COPY <<EOF /bundles\nx\nEOF', false],
    ['ADD https://example.com/bundles /x', false],
    ['COPY file[0-9] /bundles', false],
    ['RUN --mount=type=cache,target=/bundles ls', false],
    ['RUN --mount=type=bind,source=scripts,target=/b ls bundles', false],
    ['RUN cp bundles x', false],
    ['ONBUILD COPY bundles /x', false],
  ])('%s: %s', (line, expected) => {
    expect(read(`FROM a\n${line}\n`).copiesBundles).toBe(expected);
  });
});

describe('copiesFrontend', () => {
  test.each([
    ['COPY frontend/ /app/', true],
    ['COPY ./frontend/package.json frontend/package-lock.json ./', true],
    ['COPY a frontend /x/', true],
    ['ARG FROM_DIR=frontend\nCOPY ${FROM_DIR}/src /x', true],
    ['COPY ["frontend", "/x y"]', true],
    ['RUN --mount=type=bind,source=frontend,target=/b npm ci', true],
    // Only an image that names it gets it.
    ['COPY . /app', false],
    ['COPY * /app/', false],
    ['COPY frontend-old /x', false],
    ['COPY site/frontend /x', false],
    ['COPY --from=0 /frontend /x', false],
    ['COPY a /frontend', false],
    ['RUN --mount=target=/src make', false],
  ])('%s: %s', (line, expected) => {
    expect(read(`FROM a\n${line}\n`).copiesFrontend).toBe(expected);
  });
});

test.each([
  ['COPY config.json /usr/share/nginx/html/config.json', true],
  ['COPY a ./config.json /x/', true],
  ['COPY frontend/config.json /x', false],
  ['COPY --from=0 config.json /x', false],
  ['COPY . /x', false],
])('copiesConfig: %s: %s', (line, expected) => {
  expect(read(`FROM a\n${line}\n`).copiesConfig).toBe(expected);
});

test('finds the argument of platform.ref at any declaration', () => {
  expect(read('FROM a\nARG KDCUBE_PLATFORM_REF\n').usesPlatformRef).toBe(true);
  expect(read('ARG KDCUBE_PLATFORM_REF=1\nFROM a\n').usesPlatformRef).toBe(true);
  expect(read('FROM a\nENV KDCUBE_PLATFORM_REF=1\n').usesPlatformRef).toBe(false);
});

test('instructions have a keyword, a rest and a line', () => {
  const { instructions } = read('# c\nfrom a\n\nrun x \\\n  # c\n  y\ncmd ["z"]\n');
  expect(instructions).toEqual([
    { keyword: 'FROM', rest: 'a', line: 2 },
    { keyword: 'RUN', rest: 'x   y', line: 4 },
    { keyword: 'CMD', rest: '["z"]', line: 7 },
  ]);
});

describe('pinBases', () => {
  const pinned = (text: string) => {
    const { bases } = read(text);
    return pinBases(text, bases, new Map(bases.map(({ name }, index) => [name, `reg.example/${index}@sha256:${index}`])));
  };

  test.each([
    ['FROM python:3.11 AS python\nFROM python\n', 'FROM reg.example/0@sha256:0 AS python\nFROM python\n'],
    ['from  --platform=$P  "a"  as b # c\n', 'from  --platform=$P  reg.example/0@sha256:0  as b # c\n'],
    ['FROM a\\\nb:1 AS c\r\nRUN a\r\n', 'FROM reg.example/0@sha256:0 AS c\r\nRUN a\r\n'],
    ['FROM a \\\n  # a\n  AS a\nCOPY --from=a a b\n', 'FROM reg.example/0@sha256:0 \\\n  # a\n  AS a\nCOPY --from=a a b\n'],
    [
      'FROM a\nCOPY --from=b b b\nRUN --mount=from=b,target=/b b\n',
      'FROM reg.example/0@sha256:0\nCOPY --from=reg.example/1@sha256:1 b b\nRUN --mount=from=reg.example/1@sha256:1,target=/b b\n',
    ],
    ['ARG KDCUBE_REGISTRY=a\nFROM $KDCUBE_REGISTRY/x\n', 'ARG KDCUBE_REGISTRY=a\nFROM reg.example/0@sha256:0\n'],
    ['FROM scratch\nRUN <<EOF\nFROM scratch\nEOF\n', 'FROM scratch\nRUN <<EOF\nFROM scratch\nEOF\n'],
    ['\uFEFFFROM a', '\uFEFFFROM reg.example/0@sha256:0'],
  ])('%j', (text, expected) => {
    expect(pinned(text)).toBe(expected);
  });

  test('leaves an image without a reference unchanged', () => {
    const text = 'FROM a\nFROM b\n';
    expect(pinBases(text, read(text).bases, new Map([['b', 'c@d']]))).toBe('FROM a\nFROM c@d\n');
  });

  test('the pinned Dockerfile has the same instructions', () => {
    const text = 'ARG V=1\nFROM a:$V AS x\nFROM b\nCOPY --from=x /a /b\nCOPY --from=c:2 bundles /d\n';
    const before = read(text);
    const after = read(pinned(text));
    expect(after.bases.map(({ line }) => line)).toEqual(before.bases.map(({ line }) => line));
    expect(after.instructions.map(({ keyword, line }) => [keyword, line])).toEqual(
      before.instructions.map(({ keyword, line }) => [keyword, line]),
    );
  });
});
