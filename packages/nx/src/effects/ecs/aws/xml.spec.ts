import { childOf, listOf, readXml, textOf } from './xml';

it('lists and texts, as EC2 answers them', () => {
  const answer = childOf(
    readXml(`<?xml version="1.0"?>
<DescribeSubnetsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
  <subnetSet><item><subnetId>subnet-1</subnetId><tagSet/></item><item><subnetId>a &lt;&amp;&#33;</subnetId></item></subnetSet>
</DescribeSubnetsResponse>`),
    'DescribeSubnetsResponse',
  );
  expect(listOf(answer, 'subnetSet').map((item) => textOf(item, 'subnetId'))).toEqual(['subnet-1', 'a <&!']);
  expect(listOf(answer, 'nothing')).toEqual([]);
  expect(textOf(answer, 'nothing')).toBeUndefined();
});

it.each(['', 'no XML', '<a>', '<a></b>', '<a><b></a></b>', '<a', '<a>x</a', `${'<a>'.repeat(60)}${'</a>'.repeat(60)}`, '</a>'])(
  'no answer: %j',
  (text) => {
    expect(() => readXml(text)).toThrow(SyntaxError);
  },
);
