import * as z from 'zod';
import { registryOption } from '../init/schema';

export const description =
  'Turn a workspace into a customer repository: release.yaml, the two images that hold the bundles, and a README. `npm create kdcube` runs it.';
export const examples = [
  { command: 'npm create kdcube@latest acme', description: 'A new customer repository in the folder acme' },
  { command: 'nx g @kdcube/nx:preset --platformRef=2026.07.20.444', description: 'The same in an existing workspace' },
];

export const PresetOptions = z.strictObject({
  platformRef: z
    .string()
    .optional()
    .describe('The platform’s version: the tag of its published images. Required if there is no release.yaml yet.')
    .meta({ 'x-prompt': 'Which platform version (platform.ref)?', 'x-priority': 'important', examples: ['2026.07.20.444'] }),
  registry: registryOption,
});
export type PresetOptions = z.input<typeof PresetOptions>;
