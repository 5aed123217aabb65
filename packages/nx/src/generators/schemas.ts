import type * as z from 'zod';
import type { Example } from '../schema-json';
import * as bundle from './bundle/schema';
import * as environment from './environment/schema';
import * as image from './image/schema';
import * as init from './init/schema';
import * as pins from './pins/schema';
import * as preset from './preset/schema';
import * as release from './release/schema';

export interface GeneratorSchema {
  name: string;
  description: string;
  examples: Example[];
  options: z.ZodObject;
  /** Further keys of its entry in generators.json. */
  entry?: Record<string, unknown>;
}

/** Every generator, in the order in which a customer meets them. schema.json files, generators.json and the docs are printed from this list. */
export const GENERATORS: GeneratorSchema[] = [
  { name: 'init', ...init, options: init.InitOptions, entry: { aliases: ['ng-add'], hidden: true } },
  // Without the standalone layout, Nx itself would add empty folders apps and libs to what a preset makes.
  { name: 'preset', ...preset, options: preset.PresetOptions, entry: { hidden: true, 'x-use-standalone-layout': true } },
  { name: 'release', ...release, options: release.ReleaseGeneratorOptions },
  { name: 'bundle', ...bundle, options: bundle.BundleOptions },
  { name: 'image', ...image, options: image.ImageOptions },
  { name: 'environment', ...environment, options: environment.EnvironmentOptions },
  { name: 'pins', ...pins, options: pins.PinsOptions, entry: { hidden: true } },
];
