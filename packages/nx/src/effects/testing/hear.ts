/** Takes what is said on both streams, which then say nothing, until jest.restoreAllMocks(). */
export function hear(take: (text: string) => void): void {
  for (const stream of [process.stdout, process.stderr])
    jest.spyOn(stream, 'write').mockImplementation((text) => {
      take(String(text));
      return true;
    });
}

/** What Nx hands an executor of the project `release`, as far as ours read it. */
export function releaseContext(root: string): never {
  return { root, projectName: 'release', nxJsonConfiguration: { plugins: [] } } as never;
}
