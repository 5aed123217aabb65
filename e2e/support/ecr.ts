import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Double, registryDouble } from './oci';
import { freshFolder } from './run';

const TOOLS = path.resolve(__dirname, '../../tools');

/** A stand-in for Amazon ECR and its token service (tools/registry/ecr.mjs). */
export interface Ecr {
  /** `<account>.dkr.ecr.<region>.amazonaws.com` */
  name: string;
  host: string;
  api: string;
  registry: Double;
  /** The existing repositories. */
  repositories: string[];
  /** What CreateRepository was called with, by repository. */
  settings: Map<string, object>;
  /** The requests to the token service. */
  calls: string[];
  /** How often each token was used, and its limit. */
  tokens: Map<string, { used: number; lasts: number }>;
  /** The number of requests after which the next token expires. */
  lasts: number;
  /** The variables of a shell with AWS credentials, redirected to this machine. */
  env: Record<string, string>;
  close(): Promise<void>;
}

/** `filled`: pushes images before authentication is required; its repositories must exist. */
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
