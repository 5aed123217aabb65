// Import circles, type-only imports and JSDoc's included. `npm run lint` runs it.
// Everything of ours.
const ROOMS = '^(packages|tools|e2e)/';

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Two files that import each other cannot be read, tested or moved alone. Move what both need to a third one.',
      severity: 'error',
      from: { path: ROOMS },
      to: { circular: true },
    },
    {
      name: 'ecs-double-stands-alone',
      comment: 'The double judges our client, so it shares nothing with it; and it runs before anything is installed.',
      severity: 'error',
      from: { path: '^packages/ecs-double/', pathNot: '\\.spec\\.mjs$|jest\\.config\\.js$|^packages/ecs-double/testing/' },
      to: { pathNot: '^packages/ecs-double/', dependencyTypesNot: ['core'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|fixtures|files)/' },
    tsPreCompilationDeps: true,
    detectJSDocImports: true,
    parser: 'tsc',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.mjs', '.js', '.cjs', '.json'] },
  },
};
