import { findElement, findText, isList, listItems, parseXml } from './xml';

it('reads lists and texts of EC2', async () => {
  const response = findElement(
    await parseXml(`<?xml version="1.0"?>
<DescribeSubnetsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
  <!-- subnets -->
  <subnetSet><item><subnetId>subnet-1</subnetId><tagSet/></item><item><subnetId> a &lt;&amp;&#33;&#x21; </subnetId></item></subnetSet>
  <one><item><id>1</id></item></one>
</DescribeSubnetsResponse>`),
    'DescribeSubnetsResponse',
  );
  expect(listItems(response, 'subnetSet').map((item) => findText(item, 'subnetId'))).toEqual(['subnet-1', 'a <&!!']);
  expect(listItems(response, 'one').map((item) => findText(item, 'id'))).toEqual(['1']);
  expect(findText(response, 'one', 'item', 'id')).toBe('1');
  expect(listItems(response, 'missing')).toEqual([]);
  expect([findText(response, 'missing'), findText(response, 'one')]).toEqual([undefined, undefined]);
});

it('finds own properties only', async () => {
  const xml = await parseXml('<a><__proto__>x</__proto__><b>1</b></a>');
  expect([findText(xml, 'a', 'toString'), findText(xml, 'a', 'b', 'length'), findText(xml, 'constructor')]).toEqual(
    Array(3).fill(undefined),
  );
  expect(({} as Record<string, unknown>).x).toBeUndefined();
});

it.each([
  ['<l/>', true],
  ['<l>  </l>', true],
  ['<l><member>1</member></l>', true],
  ['<l><member>1</member><member>2</member></l>', true],
  ['<l>nothing</l>', false],
  ['<l><item/></l>', false],
  ['<l><member>1</member><item/></l>', false],
  ['<l>text<member>1</member></l>', false],
  ['<other/>', false],
])('a list: %s %s', async (text, expected) => {
  expect(isList(findElement(await parseXml(text), 'l'), 'member')).toBe(expected);
});

it.each([
  ['nothing', ''],
  ['text', 'no XML'],
  ['JSON', '{"a": 1}'],
  ['an open element', '<a>'],
  ['crossed elements', '<a><b></a></b>'],
  ['another closing tag', '<a></b>'],
  ['half a tag', '<a'],
  ['half a closing tag', '<a>x</a'],
  ['a closing tag only', '</a>'],
  ['a DTD', '<!DOCTYPE a SYSTEM "http://example.com/a.dtd"><a>1</a>'],
  ['an HTML page', '<!doctype html><html><body>Sign in.</body></html>'],
  ['an entity', '<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>'],
  ['an entity without a DTD', '<a>&x;</a>'],
  ['an HTML entity', '<a>1&nbsp;2</a>'],
  ['an ampersand', '<a>1 & 2</a>'],
  ['60 levels', `${'<a>'.repeat(60)}${'</a>'.repeat(60)}`],
  ['100,000 levels', '<a>'.repeat(100_000)],
  ['100,000 levels that look flat', '<a b="/>">'.repeat(100_000)],
  ['50,000 DTDs', '<!DOCTYPE a>'.repeat(50_000)],
])('refuses %s', async (_, text) => {
  const start = Date.now();
  expect(await parseXml(text)).toBeUndefined();
  expect(Date.now() - start).toBeLessThan(1_000);
});

it('reads 50 levels, and 100,000 elements', async () => {
  expect(await parseXml(`${'<a>'.repeat(50)}${'</a>'.repeat(50)}`)).toBeDefined();
  const start = Date.now();
  expect(await parseXml(`<a>${'<b>1</b>'.repeat(100_000)}</a>`)).toBeDefined();
  expect(Date.now() - start).toBeLessThan(5_000);
});
