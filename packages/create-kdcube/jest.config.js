module.exports = { ...require('../../jest.preset.js'), displayName: 'create-kdcube', rootDir: __dirname };
