// A transformer of jest that changes one file while it is read: no file on disk is touched. KD_MUTANT: {file, start, end, text} as JSON.
const swc = require('@swc/jest');

module.exports = {
  createTransformer(options) {
    const inner = swc.createTransformer(options);
    const mutated = (source, file) => {
      const mutant = process.env.KD_MUTANT ? JSON.parse(process.env.KD_MUTANT) : undefined;
      return mutant?.file === file ? source.slice(0, mutant.start) + mutant.text + source.slice(mutant.end) : source;
    };
    return {
      canInstrument: false,
      // The configuration differs in each run, but only in its name.
      getCacheKey: (source, file, context) =>
        inner.getCacheKey(mutated(source, file), file, { ...context, configString: 'mutation' }),
      process: (source, file, context) => inner.process(mutated(source, file), file, context),
    };
  },
};
