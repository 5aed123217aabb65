import * as fs from 'node:fs';
import * as path from 'node:path';
import { formatProblem, KdcubeError } from '@kdcube/release/internal';
import { parsePluginOptions, PluginOptions, pluginOptions, targetName } from './plugin-options';
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
