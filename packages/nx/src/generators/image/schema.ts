import * as z from 'zod';

export const description =
  'Add an image: its Dockerfile in images/<name>, with the bundles on the platform’s processor or code execution, or with the frontend of release.yaml; or the platform’s configuration of its proxy, which an environment changes.';
export const examples = [
  { command: 'nx g @kdcube/nx:image kdcube-chat-proc-bundled', description: 'The processor with the bundles' },
  { command: 'nx g @kdcube/nx:image kdcube-exec-bundled', description: 'The code execution with the bundles' },
  { command: 'nx g @kdcube/nx:image acme-proc --kind=chat-proc-bundled', description: 'With a name of your own' },
  { command: 'nx g @kdcube/nx:image kdcube-web-ui', description: 'The frontend of release.yaml, served by nginx' },
  {
    command: 'nx g @kdcube/nx:image kdcube-web-proxy',
    description: 'The configuration of the platform’s proxy at platform.ref: a copy, updated when it runs again',
  },
];

export const kinds = ['chat-proc-bundled', 'exec-bundled', 'web-ui', 'web-proxy'] as const;
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
          { value: 'kdcube-web-ui', label: 'kdcube-web-ui: the frontend of release.yaml' },
          { value: 'kdcube-web-proxy', label: 'kdcube-web-proxy: the platform’s proxy, with its upstreams resolved again' },
        ],
      },
      examples: ['kdcube-chat-proc-bundled', 'kdcube-exec-bundled'],
    }),
  kind: z
    .enum(kinds)
    .optional()
    .describe('The kind of image. Default: derived from the end of its name.')
    .meta({ examples: ['exec-bundled'] }),
  config: z
    .string()
    .optional()
    .describe(
      'Of web-proxy: which configuration of the platform is copied, by its name or its path in the platform’s repository. Default: `nginx_proxy.conf`.',
    )
    .meta({ examples: ['nginx_proxy_ssl_cognito.conf'] }),
  bake: z
    .string()
    .optional()
    .describe(
      'Of web-ui: the environment whose config.json is copied into the image, which then runs in no environment of another tenant or project. Default: none, and each environment gives the image its own.',
    )
    .meta({ examples: ['prod'] }),
});
export type ImageOptions = z.input<typeof ImageOptions>;
