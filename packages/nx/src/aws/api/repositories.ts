import { KdcubeError, type RepositorySettings } from '@kdcube/release/internal';
import type { AwsConnection } from '../client';
import { invalidResponse, isRecord, type Json, requireList } from '../response';
import { ECR } from '../services';
import { callJson } from '../signed-request';

/** The repositories of Amazon ECR in one account. Problems `aws-*`. */
export interface RepositoriesApi {
  /** Undefined if it does not exist. */
  findRepository(name: string): Promise<RepositorySettings | undefined>;
  /** The text of its lifecycle policy; undefined if it has none. */
  findLifecyclePolicy(name: string): Promise<string | undefined>;
  /** False if it exists already: then nothing was changed. */
  createRepository(name: string, settings: RepositorySettings, tags: Readonly<Record<string, string>>): Promise<boolean>;
}

const MUTABILITIES = ['IMMUTABLE', 'IMMUTABLE_WITH_EXCLUSION', 'MUTABLE', 'MUTABLE_WITH_EXCLUSION'] as const;

export function repositoriesApi(aws: AwsConnection, account: string): RepositoriesApi {
  const call = (action: string, input: Json) => callJson(aws, ECR, action, { registryId: account, ...input });
  return {
    async findRepository(name) {
      const input = { repositoryNames: [name] };
      const response = await unless('RepositoryNotFoundException', () => call('DescribeRepositories', input));
      if (response === undefined) return undefined;
      const [repository] = requireList<Json>(response, 'repositories', 'ecr:DescribeRepositories');
      if (repository?.repositoryName !== name) throw invalidResponse('ecr:DescribeRepositories');
      return toSettings(repository);
    },
    async findLifecyclePolicy(name) {
      const input = { repositoryName: name };
      const response = await unless('LifecyclePolicyNotFoundException', () => call('GetLifecyclePolicy', input));
      if (response === undefined) return undefined;
      const { lifecyclePolicyText: text } = response;
      if (typeof text !== 'string') throw invalidResponse('ecr:GetLifecyclePolicy');
      return text;
    },
    async createRepository(name, { mutability, exclusions, scanOnPush }, tags) {
      const filters = exclusions.map((filter) => ({ filterType: 'WILDCARD', filter }));
      const response = await unless('RepositoryAlreadyExistsException', () =>
        call('CreateRepository', {
          repositoryName: name,
          imageTagMutability: mutability,
          ...(filters.length > 0 && { imageTagMutabilityExclusionFilters: filters }),
          imageScanningConfiguration: { scanOnPush },
          tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
        }),
      );
      if (response === undefined) return false;
      const { repository } = response;
      if (!isRecord(repository) || repository.repositoryName !== name) throw invalidResponse('ecr:CreateRepository');
      return true;
    },
  };
}

/** Undefined if AWS answers with this error. */
async function unless<T>(name: string, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof KdcubeError && (error.cause as Error | undefined)?.name === name) return undefined;
    throw error;
  }
}

function toSettings(repository: Json): RepositorySettings {
  const { imageTagMutabilityExclusionFilters: filters = [], imageScanningConfiguration: scanning } = repository;
  const mutability = MUTABILITIES.find((value) => value === repository.imageTagMutability);
  if (mutability === undefined || !Array.isArray(filters)) throw invalidResponse('ecr:DescribeRepositories');
  const exclusions = filters.flatMap((each) => (isRecord(each) && typeof each.filter === 'string' ? [each.filter] : []));
  return { mutability, exclusions, scanOnPush: isRecord(scanning) && scanning.scanOnPush === true };
}
