// Compares the daemonless build with buildx: equal files, equal settings, equal behavior of a started container, or a refusal with its line.
import fs from 'node:fs';
import path from 'node:path';
import { isRefusal } from '@kdcube/release/internal';
import { optionalEngine, testWithEngine } from './support/engine';
import { gitRepo, type Files } from './support/git';
import { baseImage, buildOurs, type Case, compareBuilds, type Context } from './support/parity';
import { freshFolder, must } from './support/run';

const FILES: Files = {
  'x.txt': 'x\n',
  'run.sh': { content: '#!/bin/sh\n', mode: 0o755 },
  'empty.txt': '',
  'dir/t.txt': 't\n',
  'dir/u.conf': 'u\n',
  'dir/sub/y': 'y\n',
  'dir/sub/deep/z': 'z\n',
  'dir/l': { symlink: 'sub/y' },
  'dir/dangling': { symlink: '../gone' },
  dl: { symlink: 'dir' },
  fl: { symlink: 'dir/t.txt' },
  'sys/conf/z': 'z\n',
  'sys/lib/q': 'q\n',
  'names/ä ö/ü.txt': 'ü\n',
  'names/[a].txt': 'a\n',
  [`names/${'long/'.repeat(30)}${'n'.repeat(90)}`]: 'long\n',
  'names/tolink': { symlink: `${'t/'.repeat(80)}x` },
  'ignored/a.pyc': 'a',
  'ignored/keep/b.pyc': 'b',
  'ignored/keep/c.py': 'c',
  'links/to': { symlink: 'real' },
  'links/real/f': 'f\n',
  'odd/ lead': '1',
  'odd/..foo': '2',
  'odd/$x.txt': '3',
  'odd/#hash': '4',
  'odd/!bang': '5',
  'odd/-dash': '6',
  'odd/a,b;c': '7',
  'odd/{a}': '8',
  'odd/\u{1f600}.txt': '9',
  'signs/ab': '1',
  'signs/]b': '2',
  'signs/&b': '3',
  'signs/~b': '4',
  'signs/!b': '5',
  'signs/-b': '6',
  'signs/^b': '7',
  'signs/^c': '8',
  'src/build/b.o': 'b',
  'src/lib/build/c.o': 'c',
  'src/main.c': 'c',
  'src/.env': 'e',
  [`deep/${'d/'.repeat(130)}${'n'.repeat(200)}`]: 'deep',
  [`deep/${'n'.repeat(99)}`]: '99',
  [`deep/${'n'.repeat(100)}/f`]: '100',
  'plain.tar.txt': 'not an archive\n'.repeat(60),
};

/** Separate trees, as bundles are. */
const BUNDLES: Record<string, Files> = {
  one: {
    'entrypoint.py': 'one = 1\n',
    'pkg/__init__.py': '',
    'pkg/tool.sh': { content: '#!/bin/sh\n', mode: 0o755 },
    'pkg/l': { symlink: '../entrypoint.py' },
  },
  two: {
    'entrypoint.py': 'two = 2\n',
    'data/a.bin': new Uint8Array(100_000).map((_, index) => (index * 7) % 251),
    'data/x.pyc': 'pyc',
  },
};

interface Named extends Case {
  name: string;
  /** The image has no program to start: the engine refuses both. */
  cannotStart?: true;
}

const EQUAL: Named[] = [
  {
    name: 'the standard image: bundles and variables',
    dockerfile: 'ARG KDCUBE_PLATFORM_REF\nCOPY bundles /bundles\nENV AGENTIC_BUNDLES_ROOT=/bundles\nENV A=${A:-1} LANG=D',
  },
  { name: 'bundles with an owner', dockerfile: 'COPY --chown=1000:1000 bundles /bundles' },
  { name: 'bundles with a mode', dockerfile: 'COPY --chmod=0750 bundles/ /bundles/' },
  {
    name: 'one bundle, and a file of another',
    dockerfile: 'COPY bundles/one /app/one\nCOPY bundles/two/entrypoint.py /app/two.py',
  },
  {
    name: 'a file over a bundle',
    dockerfile: 'COPY bundles /bundles\nCOPY x.txt /bundles/one/entrypoint.py\nCOPY dir /bundles/two/data',
  },
  { name: 'bundles into one folder', dockerfile: 'COPY bundles/one bundles/two /flat/' },
  { name: 'the whole context', dockerfile: 'COPY . /all' },
  {
    name: 'the whole context with .dockerignore',
    dockerfile: 'COPY . /all',
    ignore: '# not these\n**/*.pyc\n!ignored/keep/b.pyc\ndir/sub\nnames/*\nbundles/two/data/a.bin\n.dockerignore',
  },
  {
    name: 'everything ignored, with exceptions',
    dockerfile: 'COPY . /all/',
    ignore: '*\n!dir/sub\n!bundles/one/pkg\nbundles/one/pkg/l',
  },
  {
    name: 'files to a folder, and to a new name',
    dockerfile: 'COPY x.txt run.sh empty.txt /w/a/\nCOPY run.sh /w/b/start.sh\nCOPY x.txt /w/c/x.txt\nCOPY run.sh /',
  },
  { name: 'a file to a path that may be a folder', dockerfile: 'COPY x.txt /owned\nCOPY x.txt /newfile\nCOPY x.txt /etc' },
  {
    name: 'into symlinked folders and files',
    dockerfile: 'COPY x.txt /lib/\nCOPY x.txt /etc/clink\nCOPY run.sh /etc/flink\nCOPY dir /etc/clink/sub',
  },
  {
    name: 'over existing folders, with their owners',
    dockerfile: 'COPY dir /owned\nCOPY sys/ /etc/\nCOPY --chown=3:4 dir/sub /etc/conf',
  },
  {
    name: 'owners and modes',
    dockerfile:
      'COPY --chown=5:6 --chmod=711 dir /new/n2\nCOPY --chown=7 x.txt /f/g/file\nCOPY --chown=8:9 fl /f/\nCOPY --chmod=4755 run.sh /f/suid',
  },
  { name: 'symlinked sources', dockerfile: 'COPY dl /fromlink\nCOPY fl dl/sub/y /files/\nCOPY dir/l /lone/l' },
  {
    name: 'wildcards',
    dockerfile: 'COPY dir/*.??? /w1/\nCOPY d*/t* no*thing /w2/\nCOPY names/[[]a].txt /w3/\nCOPY dir/[^td]* /w4/\nCOPY b*/o* /w5/',
  },
  {
    name: 'names',
    dockerfile: 'COPY names /names\nCOPY ["names/ä ö", "x.txt", "/with space/"]\nCOPY "x.txt" \'/quoted\'/',
  },
  {
    name: 'working folders',
    dockerfile:
      'WORKDIR sub/deep\nCOPY x.txt .\nCOPY x.txt ../up/\nUSER 77\nWORKDIR /etc/clink/new\nWORKDIR /\nCOPY dir rel\nWORKDIR $LANG/x',
  },
  {
    name: 'into folders of the base with an owner and a mode of their own',
    dockerfile:
      'COPY x.txt /state/\nCOPY dir /state/sub\nCOPY --chown=5:6 x.txt /sticky/y\nCOPY x.txt /group/\nUSER 1000\nWORKDIR /state/work\nCOPY run.sh .',
  },
  { name: 'a folder over such a folder', dockerfile: 'COPY dir /state\nCOPY dir/ /sticky/\nCOPY --chmod=750 dir /group/in' },
  {
    name: 'through links of the base to such folders',
    dockerfile: 'COPY x.txt /statelink/\nCOPY dir /absolute/sub\nCOPY bundles/one /statelink/one\nWORKDIR /stickylink/w',
  },
  { name: 'bundles into such a folder', dockerfile: 'COPY bundles /state\nCOPY bundles /group/bundles\nWORKDIR /group/w/x' },
  { name: 'ADD of files and folders', dockerfile: 'ADD dir x.txt /added/\nADD --chown=1:2 plain.tar.txt /added/p.txt' },
  {
    name: 'from scratch',
    dockerfile: 'FROM scratch\nCOPY bundles /b\nCOPY --chown=2:3 dir /d/e\nWORKDIR /w\nCMD ["/b"]',
    withoutBase: true,
    cannotStart: true,
  },
  {
    name: 'stages based on each other, and an unused stage',
    dockerfile:
      'FROM base AS unused\nRUN false\nFROM base AS one\nARG A=1\nCMD one\nENV X=$A\nCOPY x.txt /one/\nFROM one\nENV Y=${A:-no}\nENTRYPOINT ["/entry", "two"]',
  },
  {
    name: 'arguments and variables',
    dockerfile:
      'ARG G=glob\nARG H=${G}al\nFROM base\nARG H\nARG TARGETARCH\nARG D=d$H\nARG GIVEN=no\nARG NONE\nENV a=3\nARG a=5\nENV z=$a h=$H d=${D} g=$GIVEN t=$TARGETARCH n=${NONE:-unset} n2=${NONE:+set} BASE=2\nENV q=\'$a\' dq="$a\\"x\\n" sp=a\\ b esc=\\$a "k"=v\nENV leg  $a  b "c d" \\\n  # a comment\n  e\nENV a=1 b=$a\nLABEL one=$H "two words"="a \\\n  b" x=${BASE}\nLABEL three four',
    args: { GIVEN: 'yes', UNKNOWN: 'x' },
    withoutBase: true,
  },
  {
    name: 'commands',
    dockerfile:
      'CMD echo $HOME  "x"\nENTRYPOINT exec  run $x\nSHELL ["/bin/bash", "-c"]\nHEALTHCHECK --interval=1m30s --timeout=1500ms --start-period=2h --retries=4 CMD curl  "x" || exit 1\nSTOPSIGNAL 9\nEXPOSE 80 90/udp 8000-8002/tcp 81:82\nVOLUME ["/v w", "/u"]\nVOLUME /t /s\nUSER app:grp\nMAINTAINER me  <a@b>',
    withoutBase: true,
    cannotStart: true,
  },
  {
    name: 'commands in JSON',
    dockerfile: 'ENTRYPOINT ["/entry", "b c"]\nHEALTHCHECK CMD ["x", "y"]\nCMD [ "d" , "é\\u0041" ] and more',
    withoutBase: true,
  },
  { name: 'commands reset', dockerfile: 'ENTRYPOINT []\nHEALTHCHECK NONE\nCMD []', withoutBase: true, cannotStart: true },
  {
    name: 'variables in the base name and in paths',
    dockerfile:
      'ARG KIND="ba"\nARG REST=se\nFROM base\nARG OS="dir"\nARG ARCH\nLABEL maintainer "Some Body <some@body>"\nCOPY  ${OS}/${ARCH:-sub}/y   /bin/tool\nCOPY x.txt run.sh   /license/\nEXPOSE      9100\nWORKDIR /opt//tool/',
  },
  {
    name: 'a command on several lines, with comments and no final line end',
    dockerfile:
      'ARG CONF=dir/u.conf\n\n# A template:\nCOPY ${CONF} /usr/local/conf.template\n# EXPOSE 80 443\nEXPOSE 53 53/udp\nENTRYPOINT ["/entry", "-c", \\\n  "show \'${A} ${B}\' \\\n     < /in \\\n   && exec it -g \'off;\'"]',
  },
  {
    name: 'written on Windows, with tabs',
    dockerfile: 'FROM base\r\n\r\nENV\tA=1 \\\r\n\tB=2\r\nWORKDIR\t/app\r\nCOPY\tdir/*.txt\t./\r\nCMD\t["a",\t"b"]\r\n',
  },
  {
    name: 'package manager files first, then everything',
    dockerfile:
      'WORKDIR /srv/new\nCOPY x*.txt plain*.txt ./\nCOPY . .\nENV NODE_ENV production\nENV PATH=/srv/new/bin:$PATH \\\n    # between the lines\n\n    MORE="a b"\nUSER 65532:65532\nSTOPSIGNAL SIGQUIT',
  },
  {
    name: 'legacy: MAINTAINER, ADD of the context, a volume in JSON',
    dockerfile:
      'MAINTAINER Some Team <team@example.com>\nEXPOSE 4001 7001\nVOLUME     [ "/store" ]\nADD . /opt/it\nADD sys /opt/\nWORKDIR    /opt/it\nCMD        [ "-a", \\\n             "-b" ]',
    ignore: 'archive.txt',
  },
  {
    name: 'arguments: scope of a line, defaults override predefined ones, special characters after a dollar',
    dockerfile:
      'ARG TARGETOS=ours\nFROM base\nARG A=1 B=$A\nARG C=$B TARGETARCH=mine TARGETOS TARGETVARIANT\nENV d=x$$y e=$- f=$$ g=$ h=$1\nLABEL b=x$B c=y$C t=$TARGETARCH-$TARGETOS-$TARGETVARIANT',
    withoutBase: true,
  },
  {
    name: 'nested quotes, words in variables, blanks',
    dockerfile:
      'ENV A="${Z:-\'q\'}" B=${Z:-"a b"} C=${Z:-${Y:-c}} D=${BASE:+\\}} E=\'a\'"b"c F="a\\b" G=${NO-a${BASE}b} H=${NO:-"}"}\nLABEL "a"="b"\'c\'"d" e=f"g h"i j="k\\\nl" a.b=c\u00a0d=e\nLABEL m="\\$x" n=\\"q\\" o=\'\\\\\' p=#q\nENV  K   "v w"  \nCMD      echo    hi   ',
    withoutBase: true,
  },
  {
    name: 'large owner ids, which later layers preserve for folders',
    dockerfile: 'COPY --chown=3000000:4000000 dir /p/q\nCOPY x.txt /p/q/r/\nCOPY --chown=2147483647:0 x.txt /p/z/',
  },
  {
    name: 'paths with . and ..',
    dockerfile:
      'COPY ./dir/../x.txt /y/\nCOPY ../../dir /v/../u\nCOPY dir/sub/.. /dotdot/\nCOPY dl/../x.txt /z/\nCOPY dir ./d/\nCOPY sys/conf ../up2\nCOPY x.txt dir/../x.txt run.sh /o/',
  },
  {
    name: 'through symlinks that were copied before, and over them',
    dockerfile:
      'COPY dir /m/\nCOPY run.sh /m/l\nCOPY sys/conf/z /m/dangling\nCOPY links /L\nWORKDIR /L/to/new\nCOPY x.txt ./\nCOPY x.txt /L/to/f\nCOPY dir /m2/s/\nCOPY sys/conf /m2/s/dangling\nCOPY x.txt /m3/l\nCOPY dir /m3\nCOPY --chown=9:9 dir/sub /m3/sub\nCOPY dir/sub/ /m3/sub/deep/',
  },
  {
    name: 'bundles over bundles, and WORKDIR in them',
    dockerfile:
      'COPY bundles /b\nCOPY --chown=6:6 bundles /b\nCOPY --chmod=600 bundles/one /b/two\nCOPY x.txt /b/one/pkg/l\nWORKDIR /b/one/pkg\nCOPY x.txt .\nUSER 7:8\nWORKDIR /b/two/data/d\nCOPY bundles/*/entrypoint.py /e/\nADD --chown=1:1 bundles/* /c/\nCOPY bundles /data/b\nUSER 1000:50\nWORKDIR /srv/app',
  },
  {
    name: 'special characters in names, and names of maximal length',
    dockerfile:
      'COPY odd deep /n/\nCOPY odd/* /w/\nCOPY odd/\\$x.txt odd/#hash "odd/-dash" odd/[!]bang /e/\nCOPY ["odd/ lead", "/s p/"]\nCOPY **/t.txt /ds/\nCOPY [^y].txt /cl/\nCOPY x.t?t /srv/app',
  },
  {
    name: 'three stages based on each other: commands, shells, users, folders',
    dockerfile:
      'ARG V=1\nFROM base AS a\nARG V\nENV X=$V\nWORKDIR /w\nUSER 3:4\nCMD x\nFROM a AS b\nCOPY x.txt .\nENTRYPOINT ["/entry", "y"]\nFROM b\nCOPY run.sh ./r/\nWORKDIR n\nSHELL ["q"]\nCMD z',
  },
  {
    name: '.dockerignore: classes with special characters, and a ^ outside of them',
    dockerfile: 'COPY . /all',
    ignore: 'signs/[\\]a]b\nsigns/[&~]b\nsigns/^?\nsigns/^c\nodd/[^a-z]*\n  up  \n #none\n**x.txt\n',
  },
  {
    name: '.dockerignore: exceptions of exceptions, in order',
    dockerfile: 'COPY . /all',
    ignore: '!dir\ndir\n!dir/sub/deep/z\nsrc/*\n!src/lib\nsrc/lib/*\n!src/lib/build\n*/f\n../x.txt\ndir/../run.sh\r\n',
  },
  {
    name: '.dockerignore: everything except paths at some depth',
    dockerfile: 'COPY . /all\nCOPY src /src',
    ignore: '**/*\n!**/*.c\n!*/lib\nsrc/lib/build/**\n!/odd/\nbundles/*\n!bundles/one/pkg/__init__.py',
  },
  {
    name: '.dockerignore: some files of bundles, and a folder that becomes empty',
    dockerfile: 'COPY bundles /b\nCOPY dir links /d/',
    ignore: 'bundles/**/*\n!bundles/**/*.py\nbundles/one/entrypoint.py\ndir/*\nlinks/real\n**/.*',
  },
  { name: 'settings only: no layer', dockerfile: 'from base\nlabel a=b\nenv b=c' },
];

const REFUSED: [dockerfile: string, line: number, why: RegExp][] = [
  ['FROM base\nCOPY x.txt /x\nRUN make', 3, /runs a program/],
  ['FROM base AS b\nFROM base\nCOPY --from=b /x /x', 3, /from b/],
  ['FROM base\nADD https://example.com/x /x', 2, /downloads/],
  ['FROM base\n\nADD archive.txt /x/', 3, /unpacks archive.txt/],
  ['FROM base\nCOPY sys/ /', 2, /\/lib exists in the image as a link/],
  ['FROM base\nCOPY --chown=appuser:appuser x.txt /x', 2, /appuser/],
  ['FROM base AS build\nRUN make\n\nFROM base\nWORKDIR /app\nCOPY --from=build /out /app', 6, /from build/],
  ['FROM base\nENV A=1 \\\n  B=2\n# then\nRUN make \\\n  all', 5, /runs a program/],
  ['FROM base\nUSER app\nWORKDIR /new', 3, /not numeric/],
  ['FROM base\nCOPY gone /x', 2, /not in the build context/],
  ['FROM base\nCOPY x.txt /etc/conf/f/x.txt', 2, /not a folder/],
];

let context: Context;
let cache: string | undefined;

beforeAll(async () => {
  cache = process.env.KDCUBE_CACHE_DIR;
  process.env.KDCUBE_CACHE_DIR = freshFolder('cache');
  if (!optionalEngine()) return;
  const bundles = Object.entries(BUNDLES).flatMap(([id, files]) =>
    Object.entries(files).map(([name, content]) => [`bundles/${id}/${name}`, content]),
  );
  const repo = gitRepo(freshFolder('context'), {
    ...Object.fromEntries(Object.entries(FILES).map(([name, content]) => [`own/${name}`, content])),
    ...Object.fromEntries(bundles),
    'own/archive.txt': await archive(),
  });
  context = { repo, bundles: Object.keys(BUNDLES) };
});

afterAll(() => {
  if (cache === undefined) delete process.env.KDCUBE_CACHE_DIR;
  else process.env.KDCUBE_CACHE_DIR = cache;
});

for (const each of EQUAL) {
  testWithEngine(`equal: ${each.name}`, async (engine) => {
    const both = await compareBuilds(engine, context, each);
    if (isRefusal(both)) throw new Error(`refused: line ${both.line} ${both.instruction}: ${both.why}`);
    const { settings, files, started } = both;
    expect(settings.ours).toEqual(settings.theirs);
    expect(files.ours).toEqual(files.theirs);
    expect(started.ours).toEqual(started.theirs);
    expect(started.ours).toMatchObject(
      each.cannotStart ? { output: '' } : { exitCode: 0, output: expect.stringContaining('arguments:') },
    );
  });
}

for (const [dockerfile, line, why] of REFUSED) {
  testWithEngine(`refused: ${JSON.stringify(dockerfile)}`, async (engine) => {
    const refused = await buildOurs(engine, await baseImage(engine), context, { dockerfile });
    expect(refused).toMatchObject({ line, why: expect.stringMatching(why) });
  });
}

async function archive(): Promise<Uint8Array> {
  const dir = freshFolder('archive');
  fs.writeFileSync(path.join(dir, 'f'), 'f');
  await must('tar', ['cf', path.join(dir, 'a.tar'), '-C', dir, 'f']);
  return fs.readFileSync(path.join(dir, 'a.tar'));
}
