import * as fs from 'node:fs';
import * as path from 'node:path';
import env from './executor';
import { captureAcme, releaseContext } from '../../../testing/capture-output';

const at = captureAcme();

const proc = `ghcr.io/acme/proc@sha256:${'ab'.repeat(32)}`;
const ecs = 'ecs: { account: "123456789012", region: eu-central-1, cluster: acme, execution_role: execution }\n';

async function render(target: string, more = ''): Promise<boolean> {
  at.workspace.commit({
    'environments/prod.yaml': `target: ${target}\ntenant: acme\nproject: demo\n${target === 'ecs' ? ecs : ''}${more}services:\n  chat-proc: { component: proc, image: "${proc}" }\n`,
  });
  const context = releaseContext(at.workspace.root);
  return (await env({ offline: false, dryRun: false, json: false } as never, context)).success;
}

const written = (name: string) => fs.readFileSync(path.join(at.workspace.root, 'dist/env/prod', name), 'utf8');

it('writes a configuration file beside the env files, and prints where to copy it', async () => {
  expect([await render('compose'), at.output]).toEqual([
    true,
    expect.stringContaining('cp dist/env/prod/chat-proc.bundles.yaml'),
  ]);
  expect(written('chat-proc.bundles.yaml')).toMatch(/^bundles:\n[^]*here@1-0/);
  expect(written('chat-proc.env')).toContain('BUNDLES_YAML_DESCRIPTOR_PATH=/config/bundles.yaml\n');
});

it('on ECS the task definition contains it', async () => {
  expect([await render('ecs'), at.output]).toEqual([true, expect.stringContaining('its task definition contains it')]);
  expect(written('chat-proc.bundles.yaml')).toContain('there@2-0');
  expect(written('chat-proc.env')).toContain('BUNDLES_YAML_DESCRIPTOR_PATH=/kdcube/bundles.yaml\n');
});

it('none where there is none', async () => {
  expect([await render('ecs', 'bundles: { descriptor: aws-sm }\n'), at.output]).toEqual([
    true,
    expect.not.stringContaining('bundles.yaml'),
  ]);
  expect(fs.readdirSync(path.join(at.workspace.root, 'dist/env/prod')).sort()).toEqual(['chat-proc.env', 'chat-proc.json']);
});
