import * as z from 'zod';
import { environment, json, registry } from '../options';

export const description =
  'Print what the services of an environment write: from CloudWatch Logs for those on ECS, from docker on the host for those with compose. Secrets that a service writes into its log are printed too.';
export const examples = [
  { command: 'nx run release:logs:prod', description: 'The last 15 minutes of every service' },
  { command: 'nx run release:logs:prod --service=proc --follow', description: 'What proc writes, until Ctrl-C' },
  { command: 'nx run release:logs:prod --since=2026.4', description: 'Everything since the deploy of the release 2026.4 began' },
];

export const LogsOptions = z.strictObject({
  environment,
  service: z
    .string()
    .optional()
    .describe('The name of a service in the environment. Default: all services.')
    .meta({ examples: ['proc'] }),
  since: z
    .string()
    .default('15m')
    .describe(
      'From when on: a duration (`90s`, `30m`, `2h`, `1d`), a time (`2026-03-02T10:30:00Z`), or the name of a release, whose last deploy began then.',
    )
    .meta({ examples: ['2h', '2026-03-02T10:30:00Z', '2026.4'] }),
  follow: z
    .boolean()
    .default(false)
    .describe('Go on printing new lines, until Ctrl-C.')
    .meta({ examples: [true] }),
  registry,
  json,
});
export type LogsOptions = z.infer<typeof LogsOptions>;
