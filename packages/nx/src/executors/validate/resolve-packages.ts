import * as fs from 'node:fs';
import * as path from 'node:path';
import { DEFAULT_PLATFORM, KdcubeError, type Problem, readRequirements } from '@kdcube/release/internal';
import { pinnedImage } from '../../images/plan-job';
import { run } from '../../system/programs/exec';
import { withTemporaryDir } from '../../system/files/files';
import type { Log } from '../../system/log';
import { readImagePython } from '../../targets/registry-images';
import type { PackageLists } from '../../workspace/bundle-packages';
import { pinnedReferences, type Registries } from '../../workspace/registries';
import type { OpenRelease } from '../../workspace/workspace';

/** The platforms of wheels that an image of Debian 12 or later installs: manylinux_2_17 to 2_36. */
const GLIBC = Array.from({ length: 20 }, (_, index) => `manylinux_2_${36 - index}_x86_64`);
const TIMEOUT_MS = 300_000;
const MAX_LINES = 6;

/** Has pip resolve what `@venv` would install, for the Python of the image, without installing anything. Only wheels: to read a source archive, pip runs its code. */
export async function resolvePackages(lists: readonly PackageLists[], python: string, log: Log): Promise<Problem[]> {
  const problems: Problem[] = [];
  await requirePip();
  for (const { id, folder, installed, texts } of lists)
    for (const file of installed) {
      const fromUrl = [...texts.values()]
        .flatMap((text) => readRequirements(text).requirements)
        .find(({ kind }) => kind !== 'package');
      if (fromUrl) {
        log.note(`${id}: ${file} is not resolved: ${fromUrl.text} is no package of an index, and pip would run its code.`);
        continue;
      }
      const refused = await dryRun(file, texts, python);
      if (refused === undefined) log.note(`${id}: pip finds every package of ${file} for Python ${python}.`);
      else problems.push(unresolved({ id, file: `${folder}/${file}` }, python, refused));
    }
  return problems;
}

export function unresolved({ id, file }: { id: string; file: string }, python: string, reason: string): Problem {
  return {
    code: 'requirements-unresolved',
    message: `pip finds no set of wheels for the packages of ${id} with Python ${python}:\n${reason}`,
    hint: 'other versions in that file; a package without wheels needs an image that has it installed',
    at: { file },
  };
}

async function requirePip(): Promise<void> {
  const { exitCode } = await run('python3', ['-m', 'pip', '--version']);
  if (exitCode === 0) return;
  throw new KdcubeError({
    code: 'requirements-unresolved',
    message: 'python3 has no pip here, which resolves the packages of the bundles.',
    hint: 'python3 -m ensurepip    or validate without --resolve',
  });
}

/** Undefined if pip finds everything; else its reason. */
async function dryRun(file: string, texts: ReadonlyMap<string, string>, python: string): Promise<string | undefined> {
  return withTemporaryDir(async (dir) => {
    for (const [name, text] of texts) {
      const target = path.join(dir, name);
      fs.mkdirSync(path.dirname(target), { recursive: true });
      fs.writeFileSync(target, text);
    }
    const platforms = GLIBC.flatMap((platform) => ['--platform', platform]);
    const args = [
      '-m',
      'pip',
      'install',
      '--dry-run',
      '--ignore-installed',
      '--quiet',
      '--no-input',
      '--disable-pip-version-check',
    ];
    const target = [
      '--only-binary=:all:',
      '--implementation',
      'cp',
      '--python-version',
      python,
      '--target',
      path.join(dir, '.target'),
    ];
    const { exitCode, stderr } = await run('python3', [...args, ...target, ...platforms, '-r', file], {
      cwd: dir,
      timeout: TIMEOUT_MS,
    });
    if (exitCode === 0) return undefined;
    const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('WARNING:'));
    return lines.slice(-MAX_LINES).map((line) => `  ${withoutPassword(line)}`).join('\n'); // prettier-ignore
  });
}

/** pip prints the address of an index. */
function withoutPassword(line: string): string {
  return line.replace(/\/\/[^/@\s]*@/g, '//…@');
}

/** `3.12`, also where Nx made a number of it: then 3.1 is what is left of 3.10. */
export function pythonVersion(python: string | number): string {
  return typeof python === 'number' && /^3\.[12]$/.test(String(python)) ? `${python}0` : String(python);
}

/** The Python of the images that hold the bundles, `3.12`: of their bases, as their config says it. */
export async function findImagePython(open: OpenRelease, registries: Registries, log: Log): Promise<string> {
  const withBundles = open.workspace.pins.images.filter(({ subject }) => (subject.question?.bundles.length ?? 0) > 0);
  for (const { subject } of withBundles) {
    const { pin } = pinnedImage(open, subject.name);
    for (const reference of pinnedReferences(pin, registries).values()) {
      const version = await readImagePython(reference, DEFAULT_PLATFORM, log);
      if (version !== undefined) return version;
    }
  }
  throw new KdcubeError({
    code: 'requirements-unresolved',
    message: 'The Python of the images is not known: no base of an image with bundles names it (PYTHON_VERSION).',
    hint: 'nx run release:validate --resolve --python=3.12',
  });
}
