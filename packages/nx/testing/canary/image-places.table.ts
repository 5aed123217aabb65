import * as fs from 'node:fs';
import * as path from 'node:path';
import { createPrivateKey } from 'node:crypto';
import { type Acme, DOCKERFILE } from '../acme-kit';
import { gitSync, write } from '../git-kit';
import { CANARY } from './kit';

/** Where a secret is on the machine or in the workspace when an image is built and pushed. */
export interface ImagePlace {
  where: string;
  /** The code of the Problem that ends the push; undefined: the push succeeds without it. */
  refused?: 'secret-in-file' | 'secret-value' | 'signing-key';
  hide(ours: Acme): void;
  options?: object;
  /** The image is signed. */
  signed?: true;
}

const TOKEN = `api_token = "${CANARY}"\n`;
const variables = (names: readonly string[]) => () => names.forEach((name) => (process.env[name] = CANARY));
const home = (file: string, text: string) => (ours: Acme) => {
  const folder = ours.box.folder('home');
  process.env.HOME = folder;
  write(folder, { [file]: text });
};
const inBundle = (file: string, text: string) => (ours: Acme) => ours.commit({ [`bundles/here@1-0/${file}`]: text });
const inImage = (file: string, text: string) => (ours: Acme) => ours.commit({ [`images/proc/${file}`]: text });
/** A file of the workspace that no image copies. */
const inWorkspace = (file: string, text: string) => (ours: Acme) => ours.commit({ [file]: text });

/** An Ed25519 key with the secret as its private part. */
const key = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.from(CANARY.padEnd(32, '.'))]),
  format: 'der',
  type: 'pkcs8',
});
const PEM = key.export({ format: 'pem', type: 'pkcs8' }) as string;
const encrypted = key.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: CANARY }) as string;
const keyFile = (pem: string) => (ours: Acme) => {
  write(ours.root, { '.gitignore': 'dist\n*.pem\n', 'release.pem': pem });
};

export const IMAGE_PLACES: ImagePlace[] = [
  { where: 'a file of a bundle', refused: 'secret-in-file', hide: inBundle('settings.py', TOKEN) },
  { where: '.env of a bundle', refused: 'secret-in-file', hide: inBundle('.env', `TOKEN=${CANARY}\n`) },
  { where: 'a bundle’s .npmrc', refused: 'secret-in-file', hide: inBundle('ui/.npmrc', `//npm.example/:_authToken=${CANARY}\n`) },
  {
    where: 'a file of a bundle that is not committed',
    refused: 'secret-in-file',
    hide: ({ root }) => write(root, { 'bundles/here@1-0/settings.py': TOKEN }),
  },
  {
    where: 'the Dockerfile',
    refused: 'secret-in-file',
    hide: inImage('Dockerfile_ChatProcBundled', `${DOCKERFILE}ENV API_TOKEN=${CANARY}\n`),
  },
  { where: 'a file beside the Dockerfile', refused: 'secret-in-file', hide: inImage('config.py', TOKEN) },
  { where: 'a build argument', refused: 'secret-value', hide: () => undefined, options: { args: { API_TOKEN: CANARY } } },
  {
    where: 'an ignored file of a bundle',
    hide: ({ root }) => write(root, { '.gitignore': 'dist\n*.local\n', 'bundles/here@1-0/settings.local': TOKEN }),
  },
  {
    where: 'a file beside the Dockerfile that .dockerignore leaves out',
    hide(ours) {
      inImage('.dockerignore', 'config.py\n')(ours);
      inImage('config.py', TOKEN)(ours);
    },
  },
  { where: '.env and .npmrc of the workspace', hide: inWorkspace('.npmrc', `//npm.example/:_authToken=${CANARY}\n`) },
  {
    where: 'variables of the process',
    hide: variables(['MY_SECRET', 'GITHUB_TOKEN', 'CI_JOB_TOKEN', 'NX_CLOUD_ACCESS_TOKEN', 'NPM_TOKEN', 'API_TOKEN']),
  },
  { where: 'AWS’s variables', hide: variables(['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) },
  { where: 'the password of a proxy', hide: () => (process.env.HTTPS_PROXY = `http://user:${CANARY}@proxy.example:3128`) },
  { where: 'AWS’s credentials file', hide: home('.aws/credentials', `[default]\naws_secret_access_key = ${CANARY}\n`) },
  { where: 'npm’s and pip’s files in the home folder', hide: home('.npmrc', `//npm.example/:_authToken=${CANARY}\n`) },
  { where: 'the home folder’s .netrc', hide: home('.netrc', `machine git.example login me password ${CANARY}\n`) },
  {
    where: 'a header of git',
    hide: () => fs.appendFileSync(process.env.GIT_CONFIG_GLOBAL!, `[http]\n\textraHeader = Authorization: Basic ${CANARY}\n`),
  },
  {
    where: 'the URL of the remote',
    hide: ({ root }) => gitSync(root, 'remote', 'add', 'origin', `https://user:${CANARY}@git.example/acme.git`),
  },
  {
    where: 'docker’s logins',
    hide(ours) {
      const docker = ours.box.folder('docker');
      const auth = Buffer.from(`user:${CANARY}`).toString('base64');
      fs.writeFileSync(path.join(docker, 'config.json'), JSON.stringify({ auths: { [ours.registry.host]: { auth } } }));
      process.env.DOCKER_CONFIG = docker;
    },
  },
  { where: 'the signing key in its variable', signed: true, hide: () => (process.env.KDCUBE_SIGNING_KEY = PEM) },
  {
    where: 'the signing key in a variable with \\n for its line ends',
    signed: true,
    hide: () => (process.env.KDCUBE_SIGNING_KEY = PEM.replaceAll('\n', '\\n')),
  },
  { where: 'the file of the signing key', signed: true, hide: keyFile(PEM), options: { signingKey: 'release.pem' } },
  {
    where: 'the password of the signing key',
    signed: true,
    hide(ours) {
      process.env.KDCUBE_SIGNING_PASSWORD = CANARY;
      keyFile(encrypted)(ours);
    },
    options: { signingKey: 'release.pem' },
  },
  { where: 'the signing key instead of its file', refused: 'signing-key', hide: () => undefined, options: { signingKey: PEM } },
  {
    where: 'a signing key that is damaged',
    refused: 'signing-key',
    hide: () => (process.env.KDCUBE_SIGNING_KEY = PEM.replace('MC4CAQ', 'MC4CAA')),
  },
  {
    where: 'a wrong password of the signing key',
    refused: 'signing-key',
    hide(ours) {
      process.env.KDCUBE_SIGNING_PASSWORD = `${CANARY}x`;
      keyFile(encrypted)(ours);
    },
    options: { signingKey: 'release.pem' },
  },
  {
    where: 'a commit that was taken back',
    hide(ours) {
      inBundle('settings.py', TOKEN)(ours);
      gitSync(ours.root, 'rm', '--quiet', 'bundles/here@1-0/settings.py');
      gitSync(ours.root, 'commit', '--quiet', '--message', 'without it');
    },
  },
];
