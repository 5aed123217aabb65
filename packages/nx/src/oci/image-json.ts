import type { EvaluatedRecipe } from '@kdcube/release/internal';
import { printedSettings } from '@kdcube/release/internal';
import { OCI_MANIFEST, type Descriptor } from '../registry/manifests/manifest-format';
import { sha256Digest } from '../registry/transport/connect';
import { historyOf, type Base } from './base';
import type { LayerGroup } from './layer/groups';
import { layerComment } from './layer/layer';
import type { LayerPlan, OciBuild } from './layer-plan';

const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';

const NO_BASE_TIME = '1980-01-01T00:00:00Z';

/** A layer that the build adds, for the config. */
export interface ConfigLayer {
  key: string;
  diffId: string;
}

/** The config of an image as a blob. */
export interface ConfigBlob {
  descriptor: Descriptor;
  bytes: Buffer;
}

/** The config of an image, reproducible for the same plan, base, labels and layer contents. `layers`: those of each step; undefined for an empty layer. */
export function printConfig(
  { base, labels }: Pick<OciBuild, 'base' | 'labels'>,
  { evaluated, groups }: LayerPlan,
  layers: readonly (ConfigLayer | undefined)[][],
): ConfigBlob {
  const own = layers.flat().filter((layer) => layer !== undefined);
  const { architecture, variant, os, author } = base.config as Base['config'] & { author?: string };
  const extra = base.config as unknown as Record<string, unknown>;
  const bytes = toJson({
    created: base.config.created ?? NO_BASE_TIME,
    author: evaluated.author ?? author,
    architecture,
    variant,
    os,
    'os.version': extra['os.version'],
    'os.features': extra['os.features'],
    config: printedSettings({ ...evaluated.settings, Labels: { ...evaluated.settings.Labels, ...labels } }),
    rootfs: { type: 'layers', diff_ids: [...base.config.rootfs.diff_ids, ...own.map(({ diffId }) => diffId)] },
    // Without times and authors, which would make the config of 50 layers 10 % larger.
    history: [...historyOf(base), ...historyEntries(evaluated, groups, layers)],
  });
  return { descriptor: { mediaType: OCI_CONFIG, digest: sha256Digest(bytes), size: bytes.length }, bytes };
}

/** The manifest of an image, reproducible for the same config and layers. */
export function printManifest(config: Descriptor, layers: readonly Descriptor[]): Buffer {
  return toJson({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers });
}

interface HistoryEntry {
  created_by?: string;
  comment?: string;
  empty_layer?: true;
}

/** One entry for each layer, and one for each instruction without a layer. If an instruction has several layers, only the first entry shows it: 50 copies would make up much of the config. */
function historyEntries(
  { history }: EvaluatedRecipe,
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

function toJson(value: object): Buffer {
  return Buffer.from(JSON.stringify(value), 'utf8');
}
