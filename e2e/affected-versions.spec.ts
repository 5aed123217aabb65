// The most important rows of affected.spec.ts where Nx affects whole projects: older supported versions, and affected.legacy.
import { checkRow } from './support/affected/check';
import { SMOKE } from './support/affected/rows';
import { openShop, type Shop } from './support/affected/shop';
import { optionalEngine, testWithEngine } from './support/engine';
import { NX } from './support/workspace';

describe.each([
  { nx: '22.7.12', legacy: false },
  { nx: '23.3.2', legacy: false },
  { nx: NX, legacy: true },
])('Nx $nx (affected.legacy: $legacy)', ({ nx, legacy }) => {
  let shop: Shop;

  beforeAll(async () => {
    const engine = optionalEngine();
    if (engine) shop = await openShop(engine, { nx, legacy });
  });

  for (const row of SMOKE) testWithEngine(row.name, () => checkRow(shop, row, { legacy: true }));
});
