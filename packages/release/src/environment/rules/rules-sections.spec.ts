import { environmentText, textFiles } from '../../../testing/environments';
import { readEnvironment } from '../read-environment';

function ignored(more: string) {
  const { problems, notes } = readEnvironment('one', textFiles({ one: environmentText(more) }));
  expect(problems).toEqual([]);
  return notes.flatMap(({ code, at }) => (code === 'ignored-key' ? [at?.path] : []));
}

test.each([
  ['env: { proxylogin: { A: b } }', ['env.proxylogin']],
  ['secrets: { frontend: { A: "ssm:/a" }, web-proxy: { B: "ssm:/b" } }', ['secrets.frontend', 'secrets.web-proxy']],
  ['env: { shared: { A: b }, proc: { C: d } }', []],
  ['abstract: true\nenv: { proxylogin: { A: b } }', []],
])('%s', (more, expected) => expect(ignored(more)).toEqual(expected));
