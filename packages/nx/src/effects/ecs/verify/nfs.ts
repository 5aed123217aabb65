import { isIPv4 } from 'node:net';
import type { Ingress, SecurityGroup } from '../aws/ask-network';

/** Where somebody comes from. */
export interface Way {
  /** The security groups that it has. */
  groups: readonly string[];
  /** The networks that its address is of. */
  cidrs: readonly string[];
}

const NFS = 2049;

/** Whether security groups let NFS in. `unknown`: a rule names a list of addresses, which is not asked for. */
export function letsIn(groups: readonly SecurityGroup[], way: Way): 'yes' | 'no' | 'unknown' {
  const rules = groups.flatMap(({ ingress }) => ingress).filter(isForNfs);
  if (rules.some((rule) => admits(rule, way))) return 'yes';
  return rules.some(({ prefixLists }) => prefixLists.length > 0) ? 'unknown' : 'no';
}

function isForNfs({ protocol, from, to }: Ingress): boolean {
  if (protocol === '-1') return true;
  return (protocol === 'tcp' || protocol === '6') && from <= NFS && NFS <= to;
}

function admits(rule: Ingress, { groups, cidrs }: Way): boolean {
  if (rule.groups.some((group) => groups.includes(group))) return true;
  return cidrs.length > 0 && cidrs.every((cidr) => rule.cidrs.some((wide) => covers(wide, cidr)));
}

/** Whether every address of the second network is one of the first. */
export function covers(wide: string, narrow: string): boolean {
  const [outer, inner] = [network(wide), network(narrow)];
  if (!outer || !inner || outer.bits > inner.bits) return false;
  const size = 2 ** (32 - outer.bits);
  return Math.floor(outer.address / size) === Math.floor(inner.address / size);
}

function network(cidr: string): { address: number; bits: number } | undefined {
  const [address = '', bits = ''] = cidr.split('/');
  if (!isIPv4(address) || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) return undefined;
  return { address: address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0), bits: Number(bits) };
}
