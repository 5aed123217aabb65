// Builds the three packages into packages/*/dist.
import { ensureInstalled, nxEnv, showBin } from './setup.mjs';

ensureInstalled();
process.exitCode = showBin('nx', ['run-many', '-t', 'build', ...process.argv.slice(2)], nxEnv);
