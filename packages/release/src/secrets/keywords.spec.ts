import { keywordIndex } from './keywords';

test('names the lists that have a word in the text, in any case, and always those with a short word', () => {
  const lists = keywordIndex([['abc'], ['abd', 'hooks.slack.com'], ['q~'], ['abc', 'zzz'], []]);
  expect(lists('')).toEqual([2]);
  expect(lists('ab')).toEqual([2]);
  expect(lists('xxABCxx')).toEqual([0, 2, 3]);
  expect(lists('https://Hooks.Slack.com/')).toEqual([1, 2]);
  expect(lists('ab c')).toEqual([2]);
  expect(lists('abd')).toEqual([1, 2]);
});
