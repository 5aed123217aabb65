import { similarNames } from './similar-names';

const TAGS = ['v1.2.0', 'v1.2.1', 'v1.10.0', 'v2.0.0', '2026.4.19.1', 'team/v3.0.0', 'nightly'];

describe('similarNames', () => {
  it.each([
    ['1.2.1', 'v1.2.1'],
    ['V2.0.0', 'v2.0.0'],
    ['v3.0.0', 'team/v3.0.0'],
    ['v1.2.00', 'v1.2.0'],
    ['2026.04.19.1', '2026.4.19.1'],
    ['nigthly', 'nightly'],
  ])('finds for %s first %s', (name, expected) => expect(similarNames(name, TAGS)[0]).toBe(expected));

  it('returns at most three names, newer ones first among equals, and none that is too different', () => {
    expect(similarNames('v1.2.9', ['v1.2.1', 'v1.2.2', 'v1.2.10', 'v1.2.3', 'v1.2.4'])).toEqual(['v1.2.4', 'v1.2.3', 'v1.2.2']);
    expect(similarNames('something-else', TAGS)).toEqual([]);
    expect(similarNames('v1', [])).toEqual([]);
  });
});
