import * as fs from 'node:fs';
import * as path from 'node:path';
import { formatProblem, KdcubeError } from '@kdcube/release/internal';
import { commandRewriter, parsePluginOptions, PluginOptions, pluginOptions, targetName } from './plugin-options';
import { VERB_NAMES } from './verbs';
import { nxSchema, schemaText } from './schema-json';

const parsed = (raw: unknown) => {
  const { options, problems } = parsePluginOptions(raw);
  return { options, problems: problems.map(formatProblem) };
};

it('accepts no options, and every option with a value that fits', () => {
  expect([undefined, null, {}].map((raw) => parsed(raw))).toEqual(Array(3).fill({ options: {}, problems: [] }));
  const options = {
    registry: 'ghcr.io/acme',
    engine: 'oci',
    mode: 'git',
    bootBeforePush: true,
    targetNames: { 'docker-push': 'push' },
  };
  expect(parsed(options)).toEqual({ options, problems: [] });
});

it('refuses an unknown option with a hint, and keeps the others', () => {
  const { options, problems } = parsed({
    registri: 'ghcr.io/acme',
    platform: 'linux/arm64',
    targetNames: { 'docker-pus': 'push', stage: 'copy' },
  });
  expect(options).toEqual({ platform: 'linux/arm64', targetNames: { stage: 'copy' } });
  expect(problems).toEqual([
    expect.stringMatching(
      /^nx\.json  @kdcube\/nx\.options\.targetNames  \[wrong-option\]\n.*There is no option docker-pus\.\n.*docker-push$/m,
    ),
    expect.stringMatching(/^nx\.json  @kdcube\/nx\.options  \[wrong-option\]\n.*There is no option registri\.\n.*registry$/m),
  ]);
});

it('refuses a wrong value, and keeps the others', () => {
  const { options, problems } = parsed({ engine: 'kaniko', examples: true, targetNames: { stage: 7 } });
  expect(options).toEqual({ examples: true, targetNames: {} });
  expect(problems.join('\n')).toMatch(
    /engine: it is one of "auto", "oci", "buildx", "podman"\.[^]*targetNames\.stage: it is a string\./,
  );
  expect(parsed('ghcr.io/acme').problems).toHaveLength(1);
});

it('names targetNames to those who know the form of other Nx plugins', () => {
  expect(parsed({ dockerPushTargetName: 'push' }).problems.join()).toContain('"targetNames": {"docker-push": "…"}');
});

it('reads nx.json, and throws for what is wrong there', () => {
  const nxJson = (options: object) => ({ plugins: ['other', { plugin: '@kdcube/nx', options }] });
  expect([undefined, null, {}, { plugins: ['@kdcube/nx'] }].map((each) => pluginOptions(each))).toEqual([{}, {}, {}, {}]);
  expect(targetName('boot', pluginOptions(nxJson({ targetNames: { boot: 'try' } })))).toBe('try');
  expect(() => pluginOptions(nxJson({ registri: 'x' }))).toThrow(KdcubeError);
});

it('prints options.schema.json', () => {
  const text = schemaText(nxSchema('options', PluginOptions, 'Options of @kdcube/nx in nx.json.', []));
  const file = path.join(__dirname, '../options.schema.json');
  if (process.env.KD_UPDATE) fs.writeFileSync(file, text);
  expect(fs.readFileSync(file, 'utf8')).toBe(text);
});

describe('commands in messages name what this workspace calls by other names', () => {
  const rewrite = commandRewriter({ project: 'kdcube-release', targetNames: { plan: 'show', 'docker-push': 'push' } });

  it.each([
    ['nx run release:plan    writes a plan', 'nx run kdcube-release:show    writes a plan'],
    ['nx run release:plan:prod', 'nx run kdcube-release:show:prod'],
    ['npx nx run release:verify:prod --layers', 'npx nx run kdcube-release:verify:prod --layers'],
    [
      'a; nx run release:rollback:prod --to=x    b; nx run release:plan',
      'a; nx run kdcube-release:rollback:prod --to=x    b; nx run kdcube-release:show',
    ],
    ['nx run proc:docker-push', 'nx run proc:push'],
    ['nx affected -t docker-push', 'nx affected -t push'],
    ['nx run-many -t docker-push', 'nx run-many -t push'],
    ['nx run-many --projects=a,b -t docker-push', 'nx run-many --projects=a,b -t push'],
    ['nx run-many --target=docker-push', 'nx run-many --target=push'],
    ['nx run proc:build', 'nx run proc:build'],
    ['release:plan', 'release:plan'],
    ['nx runs release:plan', 'nx runs release:plan'],
    ['nx run prerelease:plan', 'nx run prerelease:show'],
    ['{"hint":"nx run release:plan"}', '{"hint":"nx run kdcube-release:show"}'],
  ])('%s', (text, rewritten) => {
    expect(rewrite(text)).toBe(rewritten);
    expect(commandRewriter({})(text)).toBe(text);
  });

  it('a name that would break a line of JSON stays as it is', () => {
    expect(commandRewriter({ targetNames: { plan: 'a"b' } })('nx run release:plan')).toBe('nx run release:plan');
  });

  it('every command in a hint, a message or an example of the sources is one that is rewritten', () => {
    const sources = [path.join(__dirname), path.join(__dirname, '../../release/src')].flatMap((folder) =>
      (fs.readdirSync(folder, { recursive: true }) as string[])
        .filter((file) => /\.ts$/.test(file) && !/spec\.ts$/.test(file))
        .map((file) => path.join(folder, file)),
    );
    const commands = sources.flatMap((file) => fs.readFileSync(file, 'utf8').match(/\bnx run release:[a-z-]+/g) ?? []);
    expect(commands.length).toBeGreaterThan(30);
    const known = new Set(VERB_NAMES.map((verb) => `nx run release:${verb}`));
    expect(commands.filter((command) => !known.has(command))).toEqual([]);
    expect(commands.map(rewrite).filter((text) => text.includes('run release:'))).toEqual([]);
  });
});
