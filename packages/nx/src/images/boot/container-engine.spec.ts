import { findContainerEngine } from './container-engine';

it('says why there is none, for each that could be, and takes no builder’s name for an engine', async () => {
  const before = process.env.PATH;
  process.env.PATH = '/nowhere';
  try {
    for (const wanted of ['auto', 'oci'])
      await expect(findContainerEngine(wanted)).rejects.toThrow(
        /\[engine-missing\][^]*docker: [^]*podman: [^]*start docker or podman/,
      );
    await expect(findContainerEngine('podman')).rejects.toThrow(/with\.\n {2}podman: [^\n]*\n {2}hint/);
  } finally {
    process.env.PATH = before;
  }
});
