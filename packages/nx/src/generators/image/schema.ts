import * as z from 'zod';

export const description =
  'Add an image that holds the release’s bundles: its Dockerfile in images/<name>. There is one kind for the platform’s processor and one for its code execution.';
export const examples = [
  { command: 'nx g @kdcube/nx:image kdcube-chat-proc-bundled', description: 'The processor with the bundles' },
  { command: 'nx g @kdcube/nx:image kdcube-exec-bundled', description: 'The code execution with the bundles' },
  { command: 'nx g @kdcube/nx:image acme-proc --kind=chat-proc-bundled', description: 'With a name of your own' },
];

export const kinds = ['chat-proc-bundled', 'exec-bundled'] as const;
export type ImageKind = (typeof kinds)[number];

export const ImageOptions = z.strictObject({
  name: z
    .string()
    .describe('The image’s name: its repository in the registry, its folder in images/, its Nx project.')
    .meta({
      $default: { $source: 'argv', index: 0 },
      'x-prompt': {
        message: 'Which image?',
        type: 'list',
        items: [
          { value: 'kdcube-chat-proc-bundled', label: 'kdcube-chat-proc-bundled: the processor with the bundles' },
          { value: 'kdcube-exec-bundled', label: 'kdcube-exec-bundled: the code execution with the bundles' },
        ],
      },
      examples: ['kdcube-chat-proc-bundled', 'kdcube-exec-bundled'],
    }),
  kind: z
    .enum(kinds)
    .optional()
    .describe('The kind of image. Default: derived from the end of its name.')
    .meta({ examples: ['exec-bundled'] }),
});
export type ImageOptions = z.input<typeof ImageOptions>;
