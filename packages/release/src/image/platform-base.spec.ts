import { readDockerfile } from './dockerfile/dockerfile';
import { platformBase } from './platform-base';

const FROM = 'ARG KDCUBE_PLATFORM_REGISTRY\nFROM ${KDCUBE_PLATFORM_REGISTRY}/kdcube-chat-proc:1\n';
const baseOf = (text: string) => platformBase(readDockerfile(text, 'Dockerfile', {}));

test.each([
  [
    'what the generator writes',
    `${FROM}WORKDIR /app\nCOPY ./bundles /bundles\nENV AGENTIC_BUNDLES_ROOT=/bundles BUNDLES_ROOT=/bundles\n`,
  ],
  ['an owner and labels', `${FROM}COPY --chown=1000:1000 bundles/ /bundles/\nLABEL a=b\nENV AGENTIC_BUNDLES_ROOT /bundles\n`],
  [
    'an earlier stage that the last one does not use',
    `FROM alpine:3 AS tools\nRUN true\n${FROM}COPY bundles /bundles\n`
      .replace('ARG KDCUBE_PLATFORM_REGISTRY\n', '')
      .replace('FROM alpine', 'ARG KDCUBE_PLATFORM_REGISTRY\nFROM alpine'),
  ],
])('%s: the base of the last stage', (_, text) => {
  expect(baseOf(text)).toEqual({ base: '${KDCUBE_PLATFORM_REGISTRY}/kdcube-chat-proc:1' });
});

test.each([
  ['RUN pip install x', 'RUN pip install x'],
  ['COPY ca.pem /etc/ca.pem', 'COPY ca.pem /etc/ca.pem'],
  ['COPY bundles /srv/bundles', 'COPY bundles /srv/bundles'],
  ['ENV AGENTIC_BUNDLES_ROOT=/bundles LOG_LEVEL=DEBUG', 'ENV AGENTIC_BUNDLES_ROOT=/bundles LOG_LEVEL=DEBUG'],
  ['USER root', 'USER root'],
])('%s is more than bundles', (line, does) => {
  expect(baseOf(`${FROM}COPY bundles /bundles\n${line}\n`)).toEqual({ does, line: 4 });
});

test('a last stage on top of another one is more than bundles', () => {
  expect(baseOf(`${FROM.replace('proc:1', 'proc:1 AS mine')}RUN true\nFROM mine\nCOPY bundles /bundles\n`)).toEqual({
    does: 'FROM mine',
    line: 4,
  });
});
