import { findContainerEngine } from './container-engine';

it('reports why each engine is unavailable, and rejects the name of a builder', async () => {
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
