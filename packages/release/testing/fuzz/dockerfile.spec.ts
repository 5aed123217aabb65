import * as fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pinBases, readDockerfile } from '../../src/image/dockerfile/dockerfile';
import { evaluateRecipe } from '../../src/image/recipe/evaluate';
import { readIgnore } from '../../src/image/recipe/files/ignore';
import { isRefusal, readRecipe } from '../../src/image/recipe/recipe';
import { SCRATCH } from '../../src/image/recipe/settings';
import { mutatedText } from './mutate-text';
import { fuzz, inFile } from './run';

const FILE = 'images/web/Dockerfile';
const ARGS = { KDCUBE_REGISTRY: 'r.example.com/alps', KDCUBE_PLATFORM_REF: '2026.7.20' };
const TEMPLATES = join(__dirname, '../../../nx/src/generators/image/files');
const TEXTS = [
  ...readdirSync(TEMPLATES).flatMap((folder) =>
    readdirSync(join(TEMPLATES, folder)).map((file) => readFileSync(join(TEMPLATES, folder, file), 'utf8')),
  ),
  '# syntax=docker/dockerfile:1\n# escape=\\\nARG KDCUBE_REGISTRY\nARG V=1\nFROM --platform=$TARGETPLATFORM ${KDCUBE_REGISTRY}/a:${V} AS one\nCOPY --chown=1:1 bundles/ /bundles/\nFROM one\nENV A=b C="d e" \\\n  # a comment\n  F=$A\nEXPOSE 80/tcp\n',
  'FROM python:3.11 AS build\nRUN --mount=type=bind,from=node:20,source=/x,target=/y <<EOF\nmake\nEOF\nFROM scratch\nCOPY --from=build ["/a b", "/c"]\nCOPY --from=alpine:3 /etc/os-release /\nCMD ["x"]\nHEALTHCHECK --interval=5s CMD curl -f http://x/\nLABEL a="b" "c d"=e\nVOLUME ["/v"]\nUSER 1:1\nWORKDIR /srv\nENTRYPOINT exec top -b\n',
];

describe('Dockerfiles', () => {
  fuzz('almost right texts', mutatedText(TEXTS), (text) => {
    const problems = problemsOf(() => void readDockerfile(text, FILE, ARGS));
    return inFile(problems, FILE, text);
  });

  fuzz('pinned: nothing but the images changes', mutatedText(TEXTS), (text) => {
    const { bases, instructions } = readDockerfile(text, FILE, ARGS);
    expect(pinBases(text, bases, new Map())).toBe(text);
    const references = new Map(bases.map(({ name }, index) => [name, `pinned.example.com/x${index}@sha256:${'a'.repeat(64)}`]));
    const pinned = readDockerfile(pinBases(text, bases, references), FILE, ARGS);
    expect(pinned.bases.map(({ name }) => name).sort()).toEqual([...references.values()].sort());
    expect(pinned.instructions.map(({ keyword }) => keyword)).toEqual(instructions.map(({ keyword }) => keyword));
    return undefined;
  });

  fuzz('the same with line ends of Windows', mutatedText(TEXTS), (text) => {
    fc.pre(!/\r/.test(text));
    const { bases, copiesBundles, usesPlatformRef } = readDockerfile(text, FILE, ARGS);
    const windows = readDockerfile(text.replace(/\n/g, '\r\n'), FILE, ARGS);
    expect(windows).toMatchObject({ copiesBundles, usesPlatformRef });
    expect(windows.bases.map(({ name }) => name)).toEqual(bases.map(({ name }) => name));
    return undefined;
  });

  fuzz('recipes of daemonless builds', mutatedText(TEXTS), (text) => {
    const recipe = readRecipe(text, { args: ARGS, platform: 'linux/amd64' });
    const evaluated = isRefusal(recipe) ? recipe : evaluateRecipe(recipe, SCRATCH);
    if (!isRefusal(evaluated)) return undefined;
    expect(evaluated.line).toBeGreaterThan(0);
    return [{ code: 'needs-engine', message: evaluated.why, at: { file: FILE, line: evaluated.line } }];
  });

  fuzz(
    '.dockerignore',
    fc.tuple(mutatedText(['**/*.pyc\n!keep.pyc\n# note\ndist/\n[a-z]?/**/b\n']), fc.string()),
    ([text, path]) => {
      try {
        readIgnore(text).excludes(path);
        return undefined;
      } catch (error) {
        // The build names the file and goes on with an engine.
        expect((error as Error).message).toMatch(/pattern|\.dockerignore/);
        return [{ code: 'needs-engine', message: (error as Error).message }];
      }
    },
  );
});

function problemsOf(read: () => void) {
  try {
    read();
    return [];
  } catch (error) {
    const { problems } = error as { problems?: Parameters<typeof inFile>[0] };
    if (!problems) throw error;
    return problems;
  }
}
