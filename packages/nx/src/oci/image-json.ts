import type { FollowedRecipe } from '@kdcube/release/internal';
import { printedSettings } from '@kdcube/release/internal';
import { OCI_MANIFEST, type Descriptor } from '../registry/manifest-format';
import { sha256Digest } from '../registry/transport/connect';
import { historyOf, type Base } from './base';
import type { OciBuild } from './build';
import type { LayerGroup } from './groups';
import { layerComment } from './layer';
import type { LayerPlan } from './layer-plan';

const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';

const NO_BASE_TIME = '1980-01-01T00:00:00Z';

/** A layer of ours, as a config names it. */
export interface ConfigLayer {
  key: string;
  diffId: string;
}

/** The config of an image as a blob. */
export interface ConfigBlob {
  descriptor: Descriptor;
  bytes: Buffer;
}

/** The config of an image: to the byte the same for the same plan, base, labels and contents of its layers. `layers`: those of each step; undefined where one is empty. */
export function printConfig(
  { base, labels }: Pick<OciBuild, 'base' | 'labels'>,
  { followed, groups }: LayerPlan,
  layers: readonly (ConfigLayer | undefined)[][],
): ConfigBlob {
  const own = layers.flat().filter((layer) => layer !== undefined);
  const { architecture, variant, os, author } = base.config as Base['config'] & { author?: string };
  const extra = base.config as unknown as Record<string, unknown>;
  const bytes = bytesOf({
    created: base.config.created ?? NO_BASE_TIME,
    author: followed.author ?? author,
    architecture,
    variant,
    os,
    'os.version': extra['os.version'],
    'os.features': extra['os.features'],
    config: printedSettings({ ...followed.settings, Labels: { ...followed.settings.Labels, ...labels } }),
    rootfs: { type: 'layers', diff_ids: [...base.config.rootfs.diff_ids, ...own.map(({ diffId }) => diffId)] },
    // When and by whom says nothing of what is in it, and with fifty layers it is a tenth of the config.
    history: [...historyOf(base), ...ownHistory(followed, groups, layers)],
  });
  return { descriptor: { mediaType: OCI_CONFIG, digest: sha256Digest(bytes), size: bytes.length }, bytes };
}

/** The manifest of an image: to the byte the same for the same config and layers. */
export function printManifest(config: Descriptor, layers: readonly Descriptor[]): Buffer {
  return bytesOf({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers });
}

interface HistoryEntry {
  created_by?: string;
  comment?: string;
  empty_layer?: true;
}

/** One entry a layer, and one for each instruction that has none. Of several layers of one instruction the first names it, and each what is in it: fifty times the same would be a good part of the config. */
function ownHistory(
  { history }: FollowedRecipe,
  groups: readonly LayerGroup[][],
  layers: readonly (ConfigLayer | undefined)[][],
): HistoryEntry[] {
  return history.flatMap(({ by, step }): HistoryEntry[] => {
    const made = (step === undefined ? [] : groups[step]!).flatMap(({ name }, index) => {
      const layer = layers[step!]![index];
      return layer ? [layerComment(layer.key, name)] : [];
    });
    if (made.length === 0) return [{ created_by: by, empty_layer: true }];
    return made.map((comment, index) => ({ ...(index === 0 && { created_by: by }), comment }));
  });
}

function bytesOf(value: object): Buffer {
  return Buffer.from(JSON.stringify(value), 'utf8');
}
