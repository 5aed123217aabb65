import { GENERATIONS } from '../platform/generation';
import { bundleModule } from '../platform/bundle-id';
import { quoted } from '../problem/problem';
import { isMapping } from '../document/layers';
import { BUNDLES_ROOT, WrittenBundle } from '../release/release';

/** A bundle for release.yaml, and a line for each thing that release.yaml has no place for. */
export interface ConvertedBundle {
  bundle?: WrittenBundle;
  dropped: string[];
}

/** Derived for every bundle: `path` and `module` are not written, and named only if they say something else. */
const PRESERVED = Object.keys(WrittenBundle.shape).filter((key) => key !== 'path' && key !== 'module');

/** The entry of a descriptor as an entry of release.yaml. A value of a wrong type stays as it is: the reader of release.yaml reports it. */
export function convertBundle(entry: unknown): ConvertedBundle {
  if (!isMapping(entry) || typeof entry.id !== 'string') return { bundle: entry as WrittenBundle, dropped: [] };
  const { id } = entry;
  if (isBuiltIn(entry, id))
    return {
      dropped: [
        `${quoted(id)}: an app in the platform’s own image, which no release pins. Its settings stay in the platform’s descriptor`,
      ],
    };
  const others = Object.keys(entry).filter((key) => !PRESERVED.includes(key) && !isDerived(key, entry[key], id));
  return {
    bundle: Object.fromEntries(
      PRESERVED.flatMap((key) => (Object.hasOwn(entry, key) ? [[key, entry[key]]] : [])),
    ) as WrittenBundle,
    dropped: others.map((key) => `${key} of ${quoted(id)}: ${reason(key, id)}`),
  };
}

/** An entry without a source that only configures an app of the platform’s image. */
function isBuiltIn(entry: Record<string, unknown>, id: string): boolean {
  const hasSource = ['repo', 'path', 'module'].some((key) => Object.hasOwn(entry, key));
  return !hasSource && Object.values(GENERATIONS).some(({ examples }) => (examples as readonly string[]).includes(id));
}

/** `<id>.entrypoint` names the same module, also where Python could not import it. */
function isDerived(key: string, value: unknown, id: string): boolean {
  if (key === 'path') return value === BUNDLES_ROOT || value === `${BUNDLES_ROOT}/`;
  return key === 'module' && (value === `${id}.entrypoint` || value === bundleModule(id));
}

function reason(key: string, id: string): string {
  if (key === 'module') return `a bundle of a release is imported as ${bundleModule(id)}`;
  return key === 'path' ? `bundles of a release are in ${BUNDLES_ROOT}` : 'release.yaml has no such key';
}
