import { type Environment, type Generation, generationRow, gitModeFacts, parseImageReference } from '@kdcube/release/internal';
import type { Log } from '../system/log';
import { readImagePython, undefinedOnProblem } from './registry-images';

interface ProcStep {
  service: string;
  component: string;
  image: { before?: string; after: string };
}

/**
 * A note if the Python of proc changes: what a bundle installed for `@venv` on storage that outlives proc stays built for the old one, because the platform compares only the requirements
 * (infra/plugin/bundle_loader.py, `_ensure_bundle_venv`). Nothing where the images do not say their Python.
 */
export async function describeStaleEnvironments(
  { services }: Environment,
  steps: readonly ProcStep[],
  generation: Generation,
  log: Log,
): Promise<string[]> {
  const step = steps.find(({ component }) => component === 'proc');
  const before = step?.image.before;
  if (!step || before === undefined || before === step.image.after || !generationRow(generation).venvs) return [];
  const { architecture = 'amd64', env } = services.find(({ name }) => name === step.service) ?? {};
  const found = await undefinedOnProblem(async () => {
    // No request goes to a registry that only a running service names.
    if (parseImageReference(before).host !== parseImageReference(step.image.after).host) return undefined;
    const read = (reference: string) => readImagePython(reference, `linux/${architecture}`, log);
    return { was: await read(before), will: await read(step.image.after) };
  });
  if (!found?.was || !found.will || found.was === found.will) return [];
  const { was, will } = found;
  const storage =
    env?.BUNDLE_STORAGE_ROOT?.replace(/^file:\/\//, '') ?? `${gitModeFacts(generation).root.folder}/_bundle_storage`;
  return [
    `Python of ${step.service} changes from ${was} to ${will}. Environments that bundles installed for @venv stay those of ${was} if their storage outlives proc: the platform compares only the requirements. Remove them there, before proc starts: rm -rf ${storage}/_bundle_venvs`,
  ];
}
