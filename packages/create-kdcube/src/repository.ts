import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Files, isMapping, LIMITS } from '@kdcube/release/internal';
import { isSupportedNx, TESTED_NX } from './args';
import { jsonIn, managerOf, packageManager, requireNodeModules, textIn } from './package-manager';
import type { Manager } from './package-manager';
import { problem } from './problem';
import type { Target } from './target';

/** What is in the folder. */
export interface Repository extends Target {
  files: Files;
  manager: Manager;
  packageJson?: Record<string, unknown>;
  /** The version of Nx that it has, or the range; undefined without Nx. */
  nxVersion?: string;
  /** Whether something was installed before. */
  hasModules: boolean;
  /** Whether nx.json lists the plugin. */
  hasPlugin: boolean;
}

/** Reads the folder, and refuses what Nx or the plugin cannot be installed into. Changes nothing. */
export function readRepository(target: Target): Repository {
  const files = filesOf(target.folder);
  if (target.isNew) return { ...target, files, manager: packageManager(), hasModules: false, hasPlugin: false };
  const packageJson = jsonIn(files, 'package.json');
  const manager = managerOf(files, packageJson);
  if (!isFirstYarn({ manager, packageJson, files })) requireNodeModules(files, manager);
  const nxVersion = nxVersionOf(files, packageJson);
  if (nxVersion !== undefined && /\d/.test(nxVersion) && !isSupportedNx(nxVersion))
    throw problem(
      'wrong-option',
      `This workspace has Nx ${nxVersion}. @kdcube/nx works with Nx 22.7 to 24.`,
      `npx nx migrate ${TESTED_NX}`,
    );
  return {
    ...target,
    files,
    manager,
    packageJson,
    nxVersion,
    hasModules: files.list('node_modules').length > 0,
    hasPlugin: listsPlugin(files),
  };
}

/** Whether yarn from 2 on comes into a folder that has no packages yet: then it is set up here. */
export function isFirstYarn({ manager, packageJson, files }: Pick<Repository, 'manager' | 'packageJson' | 'files'>): boolean {
  return manager.isBerry && packageJson === undefined && files.read('.yarnrc.yml') === undefined;
}

/** What is installed, else what package.json asks for. */
function nxVersionOf(files: Files, packageJson: Record<string, unknown> | undefined): string | undefined {
  const installed =
    files.read('node_modules/nx/package.json') === undefined ? undefined : jsonIn(files, 'node_modules/nx/package.json');
  if (typeof installed?.version === 'string') return installed.version;
  return dependenciesOf(packageJson).nx;
}

/** What package.json asks for, of all kinds. */
export function dependenciesOf(packageJson: Record<string, unknown> | undefined): Record<string, string | undefined> {
  const { dependencies, devDependencies } = packageJson ?? {};
  return { ...(isMapping(devDependencies) ? devDependencies : {}), ...(isMapping(dependencies) ? dependencies : {}) } as Record<
    string,
    string
  >;
}

/** nx.json may have comments, so it is not parsed: the plugin's generator does, and reports what it cannot edit. */
function listsPlugin(files: Files): boolean {
  return /"@kdcube\/nx"/.test(textIn(files, 'nx.json'));
}

/** The files of a folder. Too large ones are not read. */
function filesOf(folder: string): Files {
  const at = (file: string) => path.join(folder, file);
  return {
    read(file) {
      try {
        const stat = fs.statSync(at(file), { throwIfNoEntry: false });
        return stat?.isFile() && stat.size <= LIMITS.workspaceFileBytes.max ? fs.readFileSync(at(file)) : undefined;
      } catch {
        return undefined;
      }
    },
    list(inner) {
      try {
        return fs.readdirSync(at(inner));
      } catch {
        return [];
      }
    },
  };
}
