import { KdcubeError, type Place } from '../../../problem/problem';
import { isMapping, type Mapping } from './compose-merge';

type Shape = 'text' | 'list' | 'mapping' | 'texts' | 'variables';

/** What compose accepts for the keys that an import reads. */
const SHAPES: Readonly<Record<string, readonly Shape[]>> = {
  image: ['text'],
  environment: ['texts', 'variables'],
  env_file: ['text', 'list'],
  volumes: ['list'],
  ports: ['list'],
  profiles: ['texts'],
  deploy: ['mapping'],
  healthcheck: ['mapping'],
  container_name: ['text'],
};

const SHAPE_TEXT: Record<Shape, string> = {
  text: 'a text',
  list: 'a list',
  mapping: 'a mapping',
  texts: 'a list of texts',
  variables: 'a mapping of texts, numbers and booleans',
};

/** Refuses a value that compose refuses too. */
export function requireShapes(service: Mapping, place: (path: string[]) => Place): void {
  for (const [key, shapes] of Object.entries(SHAPES)) {
    const value = service[key];
    if (value === undefined || value === null || shapes.some((shape) => hasShape(value, shape))) continue;
    const message = `${key} must be ${shapes.map((shape) => SHAPE_TEXT[shape]).join(' or ')}.`;
    throw new KdcubeError({ code: 'wrong-value', message, at: place([key]) });
  }
}

function hasShape(value: unknown, shape: Shape): boolean {
  if (shape === 'text') return typeof value === 'string';
  if (shape === 'list') return Array.isArray(value);
  if (shape === 'texts') return Array.isArray(value) && value.every((item) => typeof item === 'string');
  if (!isMapping(value)) return false;
  return shape === 'mapping' || Object.values(value).every((item) => item === null || isScalar(item));
}

/** Compose has no value for infinity. */
function isScalar(value: unknown): boolean {
  return typeof value === 'number' ? Number.isFinite(value) : typeof value !== 'object';
}
