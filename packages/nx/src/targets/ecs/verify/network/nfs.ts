import { isIPv4 } from 'node:net';
import type { IngressRule, SecurityGroup } from '../../../../aws/api/network';

/** Where a connection comes from. */
export interface Source {
  securityGroups: readonly string[];
  /** The networks of its addresses. */
  cidrs: readonly string[];
}

const NFS_PORT = 2049;

/** Whether security groups allow NFS. `unknown`: a rule uses a prefix list, whose addresses are not resolved. */
export function allowsNfs(groups: readonly SecurityGroup[], source: Source): 'yes' | 'no' | 'unknown' {
  const rules = groups.flatMap(({ ingress }) => ingress).filter(coversNfsPort);
  if (rules.some((rule) => allowsSource(rule, source))) return 'yes';
  return rules.some(({ prefixLists }) => prefixLists.length > 0) ? 'unknown' : 'no';
}

function coversNfsPort({ protocol, fromPort, toPort }: IngressRule): boolean {
  if (protocol === '-1') return true;
  return (protocol === 'tcp' || protocol === '6') && fromPort <= NFS_PORT && NFS_PORT <= toPort;
}

function allowsSource(rule: IngressRule, { securityGroups, cidrs }: Source): boolean {
  if (rule.securityGroups.some((group) => securityGroups.includes(group))) return true;
  return cidrs.length > 0 && cidrs.every((cidr) => rule.cidrs.some((outer) => containsNetwork(outer, cidr)));
}

/** Whether every IPv4 address of the second network is in the first. */
export function containsNetwork(outerCidr: string, innerCidr: string): boolean {
  const [outer, inner] = [parseCidr(outerCidr), parseCidr(innerCidr)];
  if (!outer || !inner || outer.bits > inner.bits) return false;
  const size = 2 ** (32 - outer.bits);
  return Math.floor(outer.address / size) === Math.floor(inner.address / size);
}

function parseCidr(cidr: string): { address: number; bits: number } | undefined {
  const [address = '', bits = ''] = cidr.split('/');
  if (!isIPv4(address) || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) return undefined;
  return { address: address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0), bits: Number(bits) };
}
