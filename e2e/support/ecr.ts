import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Double, registryDouble } from './oci';
import { freshFolder } from './run';

const TOOLS = path.resolve(__dirname, '../../tools');

/** Amazon's registry and its token service, as tools/registry/ecr.mjs plays them. */
export interface Ecr {
  /** `<account>.dkr.ecr.<region>.amazonaws.com` */
  name: string;
  host: string;
  api: string;
  registry: Double;
  /** Those that somebody made. */
  repositories: string[];
  /** What the service was asked for. */
  calls: string[];
  /** How often each token was used, and how often it could be. */
  tokens: Map<string, { used: number; lasts: number }>;
  /** Requests after which the next token has expired. */
  lasts: number;
  /** What a shell with AWS credentials has, led to this machine. */
  env: Record<string, string>;
  close(): Promise<void>;
}

/** `filled`: puts something in before the doors are closed; what it needs must be among the repositories. */
export async function startEcr(repositories: string[], filled: (host: string) => Promise<void>): Promise<Ecr> {
  const tool = (await import(pathToFileURL(path.join(TOOLS, 'registry/ecr.mjs')).href)) as {
    startEcr(options: object): Promise<Omit<Ecr, 'env'>>;
  };
  const { AUTHORITY } = (await import(pathToFileURL(path.join(TOOLS, 'registry/tls.mjs')).href)) as { AUTHORITY: string };
  const dir = freshFolder('ecr');
  const open = await registryDouble({ dir });
  await filled(open.host);
  await open.close();
  const ecr = await tool.startEcr({ dir, repositories });
  const home = freshFolder('aws');
  const authority = path.join(home, 'authority.pem');
  fs.writeFileSync(authority, AUTHORITY);
  const env = {
    NODE_EXTRA_CA_CERTS: authority,
    NODE_OPTIONS: `--require=${path.join(__dirname, 'lead.cjs')}`,
    KD_LEAD: `${ecr.name}=${ecr.host.split(':')[1]!}`,
    DOCKER_CONFIG: home,
    AWS_ENDPOINT_URL_ECR: ecr.api,
    AWS_ACCESS_KEY_ID: 'AKIATEST',
    AWS_SECRET_ACCESS_KEY: 'secret-of-amazon',
    AWS_CONFIG_FILE: path.join(home, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: path.join(home, 'credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  return Object.assign(ecr, { env });
}
